# What `cmake --install` puts where. Settings go to share/lookback/example, never over /etc/lookback.
install(DIRECTORY drivers/profiles DESTINATION ${CMAKE_INSTALL_DATADIR}/lookback/drivers
    FILES_MATCHING PATTERN "*.conf")
install(DIRECTORY config DESTINATION ${CMAKE_INSTALL_DATADIR}/lookback FILES_MATCHING PATTERN "*.conf"
    PATTERN "*.csv")
install(DIRECTORY deploy/demo DESTINATION ${CMAKE_INSTALL_DATADIR}/lookback/deploy)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES deploy/lookback.service deploy/lookback-work.service DESTINATION lib/systemd/system)
install(FILES deploy/lookback.sysusers DESTINATION lib/sysusers.d RENAME lookback.conf)
install(FILES deploy/99-lookback.rules DESTINATION lib/udev/rules.d)
