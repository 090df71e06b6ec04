/// Linked into windowed programs of the asan and tsan presets alone. LeakSanitizer looks for
/// leaks when the program ends; by then the GL driver has been unloaded, and what it keeps can
/// no longer be laid to it by tests/lsan.supp; ThreadSanitizer gives up where a module that
/// tests/tsan.supp names is unloaded. So nothing is ever unloaded.
extern "C" int dlclose(void*) noexcept {
  return 0;
}
