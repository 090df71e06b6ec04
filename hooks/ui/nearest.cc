#include "hooks/ui/nearest.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace proctor::hooks::ui {
namespace {

constexpr size_t kMostLetters = 96;  // longer names are compared by their ends

std::string Folded(std::string_view text) {
  if (text.size() > kMostLetters) text.remove_prefix(text.size() - kMostLetters);
  std::string folded(text);
  for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return folded;
}

std::string_view LastPart(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

size_t Strangeness(const std::string& wanted, const std::string& known) {
  const std::string_view a = LastPart(wanted);
  const std::string_view b = LastPart(known);
  const bool within = !a.empty() && (b.find(a) != std::string_view::npos ||
                                     (!b.empty() && a.find(b) != std::string_view::npos));
  return (within ? 1 : 4 * Distance(a, b)) + Distance(wanted, known);
}

}  // namespace

std::vector<std::string> Nearest(std::string_view wanted,
                                 const std::vector<std::string_view>& known, size_t most) {
  const std::string folded = Folded(wanted);
  std::vector<std::pair<size_t, std::string_view>> ranked;
  ranked.reserve(known.size());
  for (const std::string_view path : known) {
    ranked.emplace_back(Strangeness(folded, Folded(path)), path);
  }
  const size_t count = std::min(most, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                    ranked.end());
  std::vector<std::string> nearest;
  for (size_t i = 0; i < count; ++i) nearest.emplace_back(ranked[i].second);
  return nearest;
}

}  // namespace proctor::hooks::ui
