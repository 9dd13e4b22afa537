# cmake -DFILES=a;b -DOUTPUT=x.inc -P EmbedTexts.cmake: each text as {"name", R"...(text)..."}, one after another.
set(result "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND result "{\"${name}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE ${OUTPUT} "${result}")
