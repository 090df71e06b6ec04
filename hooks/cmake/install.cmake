# The package is source: it is compiled against the ImGui of whoever embeds it.
install(DIRECTORY ./ DESTINATION share/proctor_hooks/hooks COMPONENT hooks
  FILES_MATCHING PATTERN "*.h" PATTERN "*.cc" PATTERN "*.cmake" PATTERN "*.py"
  PATTERN "py.typed" PATTERN "pyproject.toml" PATTERN "README.md"
  PATTERN "__pycache__" EXCLUDE PATTERN "build" EXCLUDE PATTERN "*.egg-info" EXCLUDE)
install(FILES cmake/proctor_hooksConfig.cmake
  DESTINATION lib/cmake/proctor_hooks COMPONENT hooks)
