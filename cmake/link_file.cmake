# SPDX-License-Identifier: Apache-2.0
# rw_link_file(NAME name OBJECTS obj... VERILOG file... [LIBRARIES file...]): build/NAME.link, of which
# testbenches/block/own_build.py builds a program around somebody else's RTL. One `key value` a line: compiler, its
# flags, the RTL, and in order what is linked.
function(rw_link_file)
  cmake_parse_arguments(ARG "" "NAME" "OBJECTS;VERILOG;LIBRARIES" ${ARGN})
  if(RW_SANITIZE)
    set(sanitize "-fsanitize=address,undefined -fno-sanitize-recover=all")
  endif()
  list(JOIN ARG_VERILOG "\nverilog " verilog)
  foreach(library explain cosim coverage legality loader model model_cpu model_mmu model_iommu model_devices
      wave_file verilated_runtime)
    list(APPEND linked $<TARGET_FILE:${library}>)
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${ARG_NAME}.link CONTENT "cxx ${CMAKE_CXX_COMPILER}
flags ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_RELEASE} ${sanitize}
include ${PROJECT_SOURCE_DIR}/model
include ${PROJECT_SOURCE_DIR}/cosim/shell
include ${PROJECT_SOURCE_DIR}/cosim
verilog ${verilog}
link $<JOIN:${ARG_OBJECTS};${linked};${ARG_LIBRARIES},
link >
libs Zydis cjson dw elf ncurses tinfo z pthread atomic m
")
endfunction()
