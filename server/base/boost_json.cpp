// Boost.JSON is compiled here once: Debian's header package has no library of it that we would need to
// install otherwise.
#include <boost/json/src.hpp>
