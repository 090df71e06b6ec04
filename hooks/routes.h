#pragma once
// The routes of a server: which handler answers a method and a path.
// Thread-safe; the lock is never held while a handler runs.

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/http.h"

namespace proctor::hooks {

/// What the parts of `path` are that the pattern's {…} stand for, in order; nothing
/// where the pattern does not match. See Hooks::AddRoute() for the patterns.
std::optional<std::vector<std::string>> MatchPattern(std::string_view pattern,
                                                     std::string_view path);

struct Route {
  std::string method;
  std::string pattern;
  Access access = Access::Token;
  Handler handler;       ///< empty for a stream
  StreamHandler stream;  ///< empty for a plain route
  BodySize body = BodySize::Usual;
};

struct Found {
  std::shared_ptr<const Route> route;  ///< null where nothing matches
  std::vector<std::string> matches;
  std::vector<std::string> other_methods;  ///< that this path takes, where `route` is null
};

/// What the client would have of a path that has both: a plain answer and a stream.
enum class Wanted { Answer, Stream };

class RouteTable {
 public:
  void Add(Route route);
  std::vector<std::shared_ptr<const Route>> All() const;
  /// The kind that is not wanted is found too, where there is no other.
  Found Find(std::string_view method, std::string_view path, Wanted kind = Wanted::Answer) const;

 private:
  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<const Route>> routes_;
};

}  // namespace proctor::hooks
