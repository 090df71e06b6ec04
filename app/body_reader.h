#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hooks/http.h"

namespace proctor {

/// The members of a request's body, each by its type. What is not there has its default; what
/// is wrong is kept, the first of it, and becomes the refusal. So are members that nobody
/// asked for, because a name that was mistyped would else be taken for its default.
class BodyReader {
 public:
  explicit BodyReader(const hooks::HttpRequest& request);

  std::string Text(const char* name, std::string otherwise = {});
  std::string NeededText(const char* name);
  bool Flag(const char* name, bool otherwise);
  int64_t Whole(const char* name, int64_t least, int64_t most, int64_t otherwise);
  /// In seconds, more than none. None where it is not there, or null.
  std::optional<double> Seconds(const char* name);
  /// An object whose members are all texts.
  std::vector<std::pair<std::string, std::string>> Texts(const char* name);
  /// One of the words; the first where it is not there.
  std::string Word(const char* name, const std::vector<std::string>& words);

  /// 400 with what was wrong, after all that there may be was asked for; none: nothing was.
  std::optional<hooks::HttpAnswer> Refusal(const char* hint) const;

 private:
  /// The member of that name; null where there is none, or null.
  const nlohmann::json* Member(const char* name);
  void Complain(const char* name, const std::string& what);

  nlohmann::json body_;
  std::set<std::string> asked_;
  std::string wrong_;  ///< empty: nothing so far
};

}  // namespace proctor
