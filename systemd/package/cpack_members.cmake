# Run by cpack after it has packed: the three members of the package bear the umask of whoever
# builds; put together anew they bear neither modes nor times of files.
foreach(package ${CPACK_PACKAGE_FILES})
    set(members ${package}.members)
    file(MAKE_DIRECTORY ${members})
    execute_process(COMMAND ar x ${package} WORKING_DIRECTORY ${members}
        COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE ${package})
    file(GLOB tars RELATIVE ${members} ${members}/*.tar.*)
    list(SORT tars)  # control before data
    execute_process(COMMAND ar rcD ${package} debian-binary ${tars}
        WORKING_DIRECTORY ${members} COMMAND_ERROR_IS_FATAL ANY)
    file(CHMOD ${package} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    file(REMOVE_RECURSE ${members})
endforeach()
