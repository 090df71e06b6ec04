#include "hooks/routes.h"

#include <algorithm>
#include <mutex>

namespace proctor::hooks {
namespace {

/// Takes the first segment off `rest`: "a/b" gives "a" and leaves "b".
std::string_view TakeSegment(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return segment;
}

bool IsVariable(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool IsRest(std::string_view segment) {
  return IsVariable(segment) && segment[segment.size() - 2] == '*';
}

size_t CountSlashes(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '/'));
}

}  // namespace

std::optional<std::vector<std::string>> MatchPattern(std::string_view pattern,
                                                     std::string_view path) {
  std::vector<std::string> matches;
  const std::string_view last = pattern.substr(pattern.rfind('/') + 1);
  if (!IsRest(last) && CountSlashes(pattern) != CountSlashes(path)) return std::nullopt;
  while (!pattern.empty()) {
    const std::string_view want = TakeSegment(pattern);
    if (IsRest(want)) {
      if (path.empty()) return std::nullopt;
      matches.emplace_back(path);
      return matches;
    }
    const std::string_view have = TakeSegment(path);
    if (!IsVariable(want)) {
      if (want != have) return std::nullopt;
    } else if (have.empty()) {
      return std::nullopt;
    } else {
      matches.emplace_back(have);
    }
  }
  if (!path.empty()) return std::nullopt;
  return matches;
}

void RouteTable::Add(Route route) {
  auto added = std::make_shared<const Route>(std::move(route));
  const std::unique_lock lock(mutex_);
  for (auto& present : routes_) {
    const bool same_kind = !present->stream == !added->stream;
    if (same_kind && present->method == added->method && present->pattern == added->pattern) {
      present = std::move(added);
      return;
    }
  }
  routes_.push_back(std::move(added));
}

std::vector<std::shared_ptr<const Route>> RouteTable::All() const {
  const std::shared_lock lock(mutex_);
  return routes_;
}

Found RouteTable::Find(std::string_view method, std::string_view path, Wanted kind) const {
  // HEAD is GET without the body, which the HTTP library leaves out.
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Found found;
  const std::shared_lock lock(mutex_);
  for (const auto& route : routes_) {
    auto matches = MatchPattern(route->pattern, path);
    if (!matches) continue;
    if (route->method != wanted) {
      found.other_methods.push_back(route->method);
      continue;
    }
    const bool is_wanted = (kind == Wanted::Stream) == static_cast<bool>(route->stream);
    if (is_wanted) return {route, std::move(*matches), {}};
    if (!found.route) found = {route, std::move(*matches), {}};
  }
  return found;
}

}  // namespace proctor::hooks
