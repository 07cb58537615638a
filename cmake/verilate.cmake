# SPDX-License-Identifier: Apache-2.0
set(RW_VERILATED_OPT -O3 CACHE STRING "how the Verilated code is compiled (mutants: -O0, built sooner)")
set(RW_VERILATED_OPT_SLOW -O1 CACHE STRING "how that is compiled which runs once")
option(RW_LINES "Verilator counts the lines that run and the signals that toggle (./rw lines)" OFF)
set(RW_VERILATOR_ARGS "" CACHE STRING "more arguments of Verilator (mutants: -Wno-fatal)")

# rw_verilate(TARGET name TOP module SOURCES files... [ASSERT] [RANDOM_INIT] [COUNTED] [CXX c++] [ARGS ...]): a static library
# of the Verilated module, traced to FST, built by Verilator's own makefile; headers in ${name_DIR}.
# ASSERT: properties are evaluated; what fails is kept by cosim/shell/assertion.h. RANDOM_INIT: what
# has no reset or no value starts at random, by VerilatedContext's randReset(2) and randSeed().
# COUNTED: with RW_LINES, lines and toggles. Not of the whole machine: a run takes 200 times as long with toggles,
# and of the core's lines Verilator 5.006 loses many (the write of CR2 counts 0).
function(rw_verilate)
  cmake_parse_arguments(V "ASSERT;RANDOM_INIT;COUNTED" "TARGET;TOP;CXX" "SOURCES;DEPENDS;ARGS" ${ARGN})
  find_program(VERILATOR verilator REQUIRED)
  execute_process(COMMAND ${VERILATOR} --getenv VERILATOR_ROOT
                  OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(dir ${CMAKE_BINARY_DIR}/verilated/${V_TARGET})
  set(stamp ${dir}/V${V_TOP}.mk)
  set(archive ${dir}/V${V_TOP}__ALL.a)
  set(assert --noassert)
  if(V_ASSERT)
    set(assert --assert)
  endif()
  if(NOT V_CXX)
    set(V_CXX ${CMAKE_CXX_COMPILER})
  endif()
  set(start fast)
  if(V_RANDOM_INIT)
    set(start unique)
  endif()
  set(objcache)
  if(CCACHE)
    set(objcache OBJCACHE=${CCACHE})
  endif()
  set(counters)
  if(RW_LINES AND V_COUNTED)
    set(counters --coverage-line --coverage-toggle)
  endif()
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}
    COMMAND ${VERILATOR} --cc --trace-fst --trace-structs -Wall -Wno-fatal -O3 --x-assign ${start} --x-initial ${start}
            ${assert} --output-split 20000 --output-split-cfuncs 500 -CFLAGS -DVL_TIME_CONTEXT
            --top-module ${V_TOP} --Mdir ${dir} ${RW_VERILATOR_ARGS}
            ${counters} ${V_ARGS} ${V_SOURCES}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp} # Verilator leaves an output that did not change
    DEPENDS ${V_SOURCES} ${V_DEPENDS}
    COMMENT "Verilating ${V_TOP}" VERBATIM)
  add_custom_command(OUTPUT ${archive}
    COMMAND make -s -j2 -C ${dir} -f V${V_TOP}.mk CXX=${V_CXX} LINK=${V_CXX}
            ${objcache} OPT_FAST=${RW_VERILATED_OPT} OPT_SLOW=${RW_VERILATED_OPT_SLOW} OPT_GLOBAL=${RW_VERILATED_OPT}
            V${V_TOP}__ALL.a
    COMMAND ${CMAKE_COMMAND} -E touch ${archive}
    DEPENDS ${stamp}
    COMMENT "Compiling Verilated ${V_TOP}" VERBATIM)
  add_custom_target(${V_TARGET}_build DEPENDS ${archive})
  add_library(${V_TARGET} INTERFACE)
  add_dependencies(${V_TARGET} ${V_TARGET}_build)
  target_include_directories(${V_TARGET} SYSTEM INTERFACE ${dir} ${root}/include ${root}/include/vltstd)
  target_compile_definitions(${V_TARGET} INTERFACE VL_TIME_CONTEXT)
  target_link_libraries(${V_TARGET} INTERFACE ${archive})
  set(${V_TARGET}_DIR ${dir} PARENT_SCOPE)
endfunction()

# The part of Verilator's runtime that every Verilated module shares, once.
function(rw_verilated_runtime)
  execute_process(COMMAND verilator --getenv VERILATOR_ROOT
                  OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE)
  add_library(verilated_runtime STATIC ${root}/include/verilated.cpp
    ${root}/include/verilated_dpi.cpp ${root}/include/verilated_fst_c.cpp
    ${root}/include/verilated_threads.cpp ${PROJECT_SOURCE_DIR}/cosim/shell/assertion.cc
    ${PROJECT_SOURCE_DIR}/cosim/shell/lines.cc)
  if(RW_LINES)
    target_sources(verilated_runtime PRIVATE ${root}/include/verilated_cov.cpp)
    target_compile_definitions(verilated_runtime PUBLIC RW_LINES VM_COVERAGE=1)
  endif()
  target_include_directories(verilated_runtime SYSTEM PUBLIC ${root}/include ${root}/include/vltstd)
  target_include_directories(verilated_runtime PUBLIC ${PROJECT_SOURCE_DIR}/cosim/shell)
  # A failing property does not end the process: assertion.cc is what prints and stops.
  target_compile_definitions(verilated_runtime PUBLIC VL_TIME_CONTEXT
    PRIVATE VL_USER_STOP VL_USER_FATAL VL_PRINTF=assertion_printf)
  # GTKWave's FST writer stores numbers where they fall, and shifts negative ones.
  target_compile_options(verilated_runtime PRIVATE -w $<$<BOOL:${RW_SANITIZE}>:-fno-sanitize=undefined>
    -include ${PROJECT_SOURCE_DIR}/cosim/shell/assertion.h)
  find_package(ZLIB REQUIRED)
  find_package(Threads REQUIRED)
  target_link_libraries(verilated_runtime PUBLIC ZLIB::ZLIB Threads::Threads atomic)
endfunction()
