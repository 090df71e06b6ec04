#include "core/config/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace proctor {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last;
  std::vector<size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    std::vector<size_t> row(b.size() + 1, i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last.back();
}

std::string Joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string Suggest(std::string_view word, const std::vector<std::string_view>& known) {
  word = word.substr(0, 64);  // what is longer is near to nothing
  const auto nearest =
      std::min_element(known.begin(), known.end(), [&](std::string_view a, std::string_view b) {
        return EditDistance(word, a) < EditDistance(word, b);
      });
  const size_t near_enough = std::max<size_t>(1, word.size() / 3);
  if (nearest != known.end() && EditDistance(word, *nearest) <= near_enough) {
    return "did you mean '" + std::string(*nearest) + "'?";
  }
  return "known are " + Joined(known);
}

}  // namespace proctor
