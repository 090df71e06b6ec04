// What a client calls an item, and the keys it wants pressed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hooks/ui/keys.h"
#include "hooks/ui/tree.h"

using namespace proctor::hooks::ui;

namespace {

constexpr size_t kLarge = 1 << 20;

/// Labels come from the program under test: the first line makes one of them.
Tree TreeWith(std::string_view label) {
  Tree tree;
  tree.windows.push_back({.id = 1, .path = "Window", .title = "Window"});
  const std::string name = StableName(label);
  const std::string path = "Window/" + (name.empty() ? "#item" : name);
  for (uint32_t id = 2; id < 5; ++id) {
    tree.items.push_back({.id = id,
                          .path = id == 4 ? "Window/Other" : path,
                          .label = std::string(ShownName(label))});
  }
  NumberDuplicates(tree);
  return tree;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = input.find('\n');
  const std::string_view label = input.substr(0, cut);
  const std::string_view target = cut == std::string_view::npos ? label : input.substr(cut + 1);

  const Tree tree = TreeWith(label);
  const Found found = Find(tree, target);
  for (const size_t item : found.items) {
    if (item >= tree.items.size()) std::abort();
  }
  if (found.nearest.size() > 3) std::abort();
  // An item answers to its own path, whatever its label holds.
  for (const Item& item : tree.items) {
    const Found self = Find(tree, item.path);
    bool there = false;
    for (const size_t index : self.items) there = there || tree.items[index].id == item.id;
    if (!there) std::abort();
  }

  // The same over and over: what a few bytes make large.
  std::string large;
  while (!target.empty() && large.size() < kLarge) large += target;
  if (Find(tree, large).items.size() > tree.items.size()) std::abort();

  std::string unknown;
  if (!ParseChord(target, unknown) && target.find(unknown) == std::string_view::npos) std::abort();
  return 0;
}
