#include "app/body_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace proctor {

using nlohmann::json;

namespace {

/// A longer time is as good as none, and would not fit into a duration.
constexpr double kMostSeconds = 1e9;

std::string Listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

}  // namespace

BodyReader::BodyReader(const hooks::HttpRequest& request) : body_(json::object()) {
  if (request.body.empty()) return;
  body_ = json::parse(request.body, nullptr, false);
  if (!body_.is_object()) wrong_ = "it is no JSON object in UTF-8";
}

const json* BodyReader::Member(const char* name) {
  asked_.insert(name);
  if (!body_.is_object()) return nullptr;
  const auto found = body_.find(name);
  return found == body_.end() || found->is_null() ? nullptr : &*found;
}

void BodyReader::Complain(const char* name, const std::string& what) {
  if (wrong_.empty()) wrong_ = fmt::format("\"{}\" {}", name, what);
}

std::string BodyReader::Text(const char* name, std::string otherwise) {
  const json* const member = Member(name);
  if (member == nullptr) return otherwise;
  if (member->is_string()) return member->get<std::string>();
  Complain(name, "is no text");
  return otherwise;
}

std::string BodyReader::NeededText(const char* name) {
  if (Member(name) == nullptr) Complain(name, "is missing");
  return Text(name);
}

bool BodyReader::Flag(const char* name, bool otherwise) {
  const json* const member = Member(name);
  if (member == nullptr) return otherwise;
  if (member->is_boolean()) return member->get<bool>();
  Complain(name, "is neither true nor false");
  return otherwise;
}

int64_t BodyReader::Whole(const char* name, int64_t least, int64_t most, int64_t otherwise) {
  const json* const member = Member(name);
  if (member == nullptr) return otherwise;
  // What is larger than any signed number is none of them either.
  const bool whole = member->is_number_integer() &&
                     !(member->is_number_unsigned() && member->get<uint64_t>() > INT64_MAX);
  const int64_t number = whole ? member->get<int64_t>() : 0;
  if (whole && number >= least && number <= most) return number;
  Complain(name, most == INT64_MAX ? fmt::format("is no whole number of at least {}", least)
                                   : fmt::format("is no whole number from {} to {}", least, most));
  return otherwise;
}

std::optional<double> BodyReader::Seconds(const char* name) {
  const json* const member = Member(name);
  if (member == nullptr) return std::nullopt;
  const double seconds = member->is_number() ? member->get<double>() : 0;
  if (seconds > 0) return std::min(seconds, kMostSeconds);
  Complain(name, "is no number of seconds above 0");
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> BodyReader::Texts(const char* name) {
  std::vector<std::pair<std::string, std::string>> texts;
  const json* const member = Member(name);
  if (member == nullptr) return texts;
  if (!member->is_object()) {
    Complain(name, "is no object of texts");
    return texts;
  }
  for (const auto& [key, value] : member->items()) {
    if (value.is_string()) {
      texts.emplace_back(key, value.get<std::string>());
    } else {
      Complain(name, fmt::format("has \"{}\", which is no text", key));
    }
  }
  return texts;
}

std::string BodyReader::Word(const char* name, const std::vector<std::string>& words) {
  const std::string word = Text(name, words.front());
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  Complain(name, "is none of " + Listed(words));
  return words.front();
}

std::optional<hooks::HttpAnswer> BodyReader::Refusal(const char* hint) const {
  std::string wrong = wrong_;
  for (auto member = body_.begin(); wrong.empty() && member != body_.end(); ++member) {
    if (!asked_.contains(member.key())) wrong = fmt::format("it has \"{}\"", member.key());
  }
  if (wrong.empty()) return std::nullopt;
  return hooks::ErrorAnswer(400, "the body is not what this route takes: " + wrong, hint);
}

}  // namespace proctor
