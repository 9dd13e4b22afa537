// What classes with virtual functions name although nothing is ever deleted and nothing pure ever called. The
// standard library's versions would bring a heap and a terminate handler with them.
#include <cstddef>

void operator delete(void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}
extern "C" void __cxa_pure_virtual() { __builtin_trap(); }
