# What `cmake --install` puts where. Sample settings go to share/lookback/config, never over /etc/lookback.
install(DIRECTORY drivers/profiles DESTINATION ${CMAKE_INSTALL_DATADIR}/lookback/drivers
    FILES_MATCHING PATTERN "*.conf")
install(DIRECTORY config DESTINATION ${CMAKE_INSTALL_DATADIR}/lookback FILES_MATCHING PATTERN "*.conf"
    PATTERN "*.csv")
install(DIRECTORY deploy/demo DESTINATION ${CMAKE_INSTALL_DATADIR}/lookback/deploy)
# What README.md points at keeps its place beside it.
foreach(file README.md deploy/api.yaml deploy/rectification-api.yaml collector/store/SEAL.md
        collector/report/VERIFY.md collector/ledger/VERDICT.md collector/page/web/dygraph.txt)
    get_filename_component(folder ${file} DIRECTORY)
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()
install(DIRECTORY deploy/prometheus deploy/grafana DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy)
install(FILES deploy/lookback.service deploy/lookback-work.service DESTINATION lib/systemd/system)
install(FILES deploy/lookback.sysusers DESTINATION lib/sysusers.d RENAME lookback.conf)
install(FILES deploy/99-lookback.rules DESTINATION lib/udev/rules.d)
