# A file's bytes as numbers for a C++ array: cmake -DINPUT=... -DOUTPUT=... -P bytes_as_numbers.cmake
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," numbers "${hex}")
file(WRITE ${OUTPUT} "${numbers}\n")
