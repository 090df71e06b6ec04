#include <doctest/doctest.h>

#include <chrono>

#include "hooks/ui/keys.h"
#include "hooks/ui/nearest.h"
#include "hooks/ui/tree.h"

#include <imgui.h>

namespace proctor::hooks::ui {
namespace {

/// A tree of one window for each first part of the paths.
Tree TreeOf(const std::vector<std::string>& labels_by_path) {
  Tree tree;
  tree.windows.push_back({.id = 1, .path = "Main", .title = "Main"});
  for (const std::string& path : labels_by_path) {
    const std::string label = path.substr(path.rfind('/') + 1);
    tree.items.push_back({.id = static_cast<uint32_t>(tree.items.size() + 16),
                          .path = path,
                          .label = std::string(ShownName(label))});
  }
  NumberDuplicates(tree);
  return tree;
}

std::vector<std::string> PathsOf(const Tree& tree, std::string_view target) {
  std::vector<std::string> paths;
  for (const size_t item : Find(tree, target).items) paths.push_back(tree.items[item].path);
  return paths;
}

using Paths = std::vector<std::string>;

TEST_CASE("what follows ### is the stable part of a label, ## belongs to it, slashes are escaped") {
  CHECK(StableName("Save") == "Save");
  CHECK(StableName("Save##2") == "Save##2");
  CHECK(StableName("3 new###mail") == "###mail");
  CHECK(StableName("and/or") == "and\\/or");
  CHECK(ShownName("Save##2") == "Save");
  CHECK(ShownName("3 new###mail") == "3 new");
}

TEST_CASE("a target is a whole path or the end of one") {
  const Tree tree = TreeOf({"Main/Form/Save", "Main/Form/Cancel", "Main/Unsave"});
  CHECK(PathsOf(tree, "Main/Form/Save") == Paths{"Main/Form/Save"});
  CHECK(PathsOf(tree, "Form/Save") == Paths{"Main/Form/Save"});
  CHECK(PathsOf(tree, "Save") == Paths{"Main/Form/Save"});
  CHECK(PathsOf(tree, "save").empty());
  CHECK(PathsOf(tree, "Main/Save").empty());
}

TEST_CASE("two stars stand for any parts between, or none") {
  const Tree tree = TreeOf({"Main/Form/Row/Save", "Main/Save##top", "Other/Save"});
  CHECK(PathsOf(tree, "Main/**/Row/Save") == Paths{"Main/Form/Row/Save"});
  CHECK(PathsOf(tree, "Main/**/Save") == Paths{"Main/Form/Row/Save"});
  CHECK(PathsOf(tree, "Main/**/Save##top") == Paths{"Main/Save##top"});
  CHECK(PathsOf(tree, "Form/**/Save") == Paths{"Main/Form/Row/Save"});
  CHECK(PathsOf(tree, "Other/**/Row/Save").empty());
}

TEST_CASE("a whole path wins over an end, an exact name over the shown one") {
  CHECK(PathsOf(TreeOf({"Main/Save", "Other/Main/Save"}), "Main/Save") == Paths{"Main/Save"});
  CHECK(PathsOf(TreeOf({"Main/Save##2", "Main/Save"}), "Save") == Paths{"Main/Save"});
  CHECK(PathsOf(TreeOf({"Main/Save##2"}), "Save") == Paths{"Main/Save##2"});
}

TEST_CASE("items that share a path are told apart by an index, and are ambiguous without one") {
  const Tree tree = TreeOf({"Main/Delete", "Main/Save", "Main/Delete"});
  CHECK(tree.items[0].path == "Main/Delete[0]");
  CHECK(tree.items[2].path == "Main/Delete[1]");
  CHECK(tree.items[0].duplicate);
  CHECK_FALSE(tree.items[1].duplicate);
  CHECK(PathsOf(tree, "Delete").size() == 2);
  CHECK(PathsOf(tree, "Main/Delete[1]") == Paths{"Main/Delete[1]"});
  CHECK(PathsOf(tree, "Delete[0]") == Paths{"Main/Delete[0]"});
  CHECK(PathsOf(tree, "Delete[2]").empty());
}

TEST_CASE("a label that looks like an index is found as it is") {
  CHECK(PathsOf(TreeOf({"Main/v[3]"}), "v[3]") == Paths{"Main/v[3]"});
}

TEST_CASE("an id in hexadecimal digits names an item") {
  const Tree tree = TreeOf({"Main/Save", "Main/Cancel"});
  CHECK(PathsOf(tree, "#00000011") == Paths{"Main/Cancel"});
  CHECK(PathsOf(tree, "#00000099").empty());
}

TEST_CASE("a window is found where no item has the name") {
  const Found found = Find(TreeOf({"Main/Save"}), "Main");
  CHECK(found.items.empty());
  CHECK(found.window == 0);
}

TEST_CASE("an unknown target comes with the nearest paths") {
  const Found found = Find(TreeOf({"Main/Save", "Main/Cancel", "Main/Clear", "Main/Open"}), "Sve");
  CHECK(found.items.empty());
  REQUIRE(found.nearest.size() == 3);
  CHECK(found.nearest[0] == "Main/Save");
}

TEST_CASE("a target beyond reason names nothing, and costs nothing") {
  const Tree tree = TreeOf({"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/b"});
  std::string endless, wild;
  for (int i = 0; i < 300'000; ++i) endless += "**/";
  for (int i = 0; i < 20; ++i) wild += "**/a/";
  const auto begun = std::chrono::steady_clock::now();
  CHECK(PathsOf(tree, endless).empty());
  CHECK(PathsOf(tree, endless + "b").empty());
  CHECK(PathsOf(tree, wild + "b").size() == 1);
  CHECK(PathsOf(tree, wild + "a/b").empty());
  CHECK(PathsOf(tree, "**/**/**/b").size() == 1);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("an empty target names nothing") {
  CHECK(PathsOf(TreeOf({"Main/Save"}), "").empty());
  CHECK(PathsOf(TreeOf({"Main/Save"}), "Main/").empty());
}

TEST_CASE("chords are read with modifiers first, in any case") {
  std::string unknown;
  CHECK(ParseChord("ctrl+Shift+s", unknown) ==
        std::vector<int>{ImGuiMod_Ctrl, ImGuiMod_Shift, ImGuiKey_S});
  CHECK(ParseChord("Enter", unknown) == std::vector<int>{ImGuiKey_Enter});
  CHECK(ParseChord("F5", unknown) == std::vector<int>{ImGuiKey_F5});
  CHECK(ParseChord("Left", unknown) == std::vector<int>{ImGuiKey_LeftArrow});
  CHECK_FALSE(ParseChord("Ctrl+Nope", unknown));
  CHECK(unknown == "Nope");
  CHECK_FALSE(ParseChord("Ctrl+", unknown));
}

}  // namespace
}  // namespace proctor::hooks::ui
