# What is installed where, and the Debian packages of it (./rig package). A program finds its files by its own place
# (server/base/install_folder.h), so <prefix>/bin and <prefix>/share/tinyrig stay beside each other.
#
#   server    tinyrigd, dashboard, what Prometheus and Grafana read, catalog of board types, systemd unit, its user, udev rules
#   cli       tinyrig
#   agents    firmware for the boards, as ./rig firmware built it
#   emulator  tinyrig-emu, and the agent as a process
set(TINYRIG_FIRMWARE_DIR ${CMAKE_BINARY_DIR}/../firmware CACHE PATH "Firmware that ./rig firmware built")

install(TARGETS tinyrigd DESTINATION bin COMPONENT server)
install(DIRECTORY deploy/boards/ DESTINATION share/tinyrig/boards COMPONENT server FILES_MATCHING PATTERN *.toml)
install(FILES deploy/oidc/example.toml DESTINATION share/doc/tinyrig-server RENAME oidc.toml COMPONENT server)
install(DIRECTORY web/dist/ DESTINATION share/tinyrig/web COMPONENT server PATTERN .* EXCLUDE)
install(FILES deploy/prometheus/prometheus.yml deploy/prometheus/tinyrig_alerts.yml
  DESTINATION share/tinyrig/prometheus COMPONENT server)
install(FILES deploy/grafana/tinyrig.json DESTINATION share/tinyrig/grafana COMPONENT server)
install(FILES deploy/udev/60-tinyrig.rules DESTINATION lib/udev/rules.d COMPONENT server)
install(FILES deploy/systemd/tinyrigd.service DESTINATION lib/systemd/system COMPONENT server)
install(FILES deploy/systemd/tinyrig.conf DESTINATION lib/sysusers.d COMPONENT server)
install(TARGETS tinyrig DESTINATION bin COMPONENT cli)
# The daemon flashes ELF files; what they are is in the JSON beside them.
install(DIRECTORY ${TINYRIG_FIRMWARE_DIR}/ DESTINATION share/tinyrig/agents COMPONENT agents
  FILES_MATCHING PATTERN tinyrig-agent.elf PATTERN tinyrig-agent.json
  PATTERN CMakeFiles EXCLUDE PATTERN nanopb EXCLUDE PATTERN boot2 EXCLUDE)
install(TARGETS tinyrig-emu DESTINATION bin COMPONENT emulator)
install(TARGETS tinyrig-agent-host DESTINATION lib/tinyrig COMPONENT emulator)
foreach(component server cli agents emulator)
  install(FILES deploy/debian/copyright DESTINATION share/doc/tinyrig-${component} COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL server cli agents emulator)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/../packages)
set(CPACK_PACKAGE_CONTACT "The TinyRig developers <tinyrig@localhost>")
set(CPACK_STRIP_FILES ON)  # programs alone: the agents' lines are for addr2line
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(same_version "(= ${PROJECT_VERSION})")

set(CPACK_COMPONENT_SERVER_DESCRIPTION "Benchmarking of machine learning on microcontrollers: the daemon
 tinyrigd owns a farm of boards, measures models on them and serves the results.")
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME tinyrig-server)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
# Its user and group are made from a file of sysusers.d, also where systemd does not run.
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS "tinyrig-agents ${same_version}, tinyrig-cli, ca-certificates, openocd")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "stm32flash, avrdude, uhubctl")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/deploy/debian/postinst ${CMAKE_SOURCE_DIR}/deploy/debian/prerm
  ${CMAKE_SOURCE_DIR}/deploy/debian/postrm)

set(CPACK_COMPONENT_CLI_DESCRIPTION "Benchmarking of machine learning on microcontrollers: the command line
 tinyrig submits models to a tinyrigd, shows results, and finds boards that are plugged in.")
set(CPACK_DEBIAN_CLI_PACKAGE_NAME tinyrig-cli)
set(CPACK_DEBIAN_CLI_PACKAGE_SHLIBDEPS ON)

set(CPACK_COMPONENT_AGENTS_DESCRIPTION "Benchmarking of machine learning on microcontrollers: the agents
 Firmware that tinyrigd writes to boards, for each board type that has a port.")
set(CPACK_DEBIAN_AGENTS_PACKAGE_NAME tinyrig-agents)
set(CPACK_DEBIAN_AGENTS_PACKAGE_ARCHITECTURE all)

set(CPACK_COMPONENT_EMULATOR_DESCRIPTION "Benchmarking of machine learning on microcontrollers: emulated boards
 tinyrig-emu runs the boards' firmware in QEMU, behind serial ports as those of real boards.")
set(CPACK_DEBIAN_EMULATOR_PACKAGE_NAME tinyrig-emulator)
set(CPACK_DEBIAN_EMULATOR_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_EMULATOR_PACKAGE_DEPENDS
  "tinyrig-server ${same_version}, tinyrig-agents ${same_version}, qemu-system-arm, qemu-system-misc")
include(CPack)
