#include "core/history/event_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "core/history/event_fields.h"
#include "core/history/event_words.h"

namespace proctor {
namespace {

/// Appends an event to a line. Straight to text, not through a json object: the
/// journal's thread does this for every event of every test.
class Writer {
 public:
  template <typename T>
  using Ref = const T&;

  explicit Writer(std::string& out) : out_(out) {}

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    Key(name);
    Value(value);
  }
  template <typename T>
  void operator()(std::string_view name, const std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }
  void operator()(std::string_view name, const std::shared_ptr<const Config>& value) {
    if (value) (*this)(name, *value);
  }

  void Open() { out_ += '{', first_ = true; }
  void Close() { out_ += '}', first_ = false; }
  void Value(std::string_view text);

 private:
  void Key(std::string_view name) {
    if (!std::exchange(first_, false)) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  void Value(bool value) { out_ += value ? "true" : "false"; }
  void Value(const std::string& text) { Value(std::string_view(text)); }
  void Value(const std::filesystem::path& path) { Value(std::string_view(path.native())); }
  void Value(Millis duration) { Value(duration.count()); }
  void Value(Time time) { Value(time.ms()); }
  template <typename Tag>
  void Value(Id<Tag> id) {
    Value(id.value);
  }
  template <typename T>
  requires std::is_enum_v<T>
  void Value(T value) { Value(ToWord(value)); }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Value(T number) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(number)) number = 0;  // JSON has no word for it
    }
    char text[32];
    out_.append(text, std::to_chars(text, std::end(text), number).ptr);
  }
  template <typename T>
  void Value(const std::vector<T>& items) {
    out_ += '[';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      Value(items[i]);
    }
    out_ += ']';
  }
  void Value(const std::pair<std::string, std::string>& pair) {
    Value(std::vector{pair.first, pair.second});
  }
  template <typename T>
  requires std::is_aggregate_v<T>
  void Value(const T& record) {
    Open();
    Members(*this, record);
    Close();
  }

  std::string& out_;
  bool first_ = true;  ///< no member of the innermost object is written yet
};

void Writer::Value(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
  if (plain) {
    out_ += '"';
    out_ += text;
    out_ += '"';
    return;
  }
  using Json = nlohmann::json;
  out_ += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Fills an event from a line. The first complaint is kept; what it is about keeps
/// its default.
class Reader {
 public:
  template <typename T>
  using Ref = T&;
  using Json = nlohmann::json;

  explicit Reader(const Json& object, std::string& complaint)
      : object_(object), complaint_(complaint) {}

  template <typename T>
  void operator()(std::string_view name, T& value) {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return;
    if (!Read(*found, value) && complaint_.empty()) {
      complaint_ = "'" + std::string(name) + "' cannot be " +
                   found->dump(-1, ' ', false, Json::error_handler_t::replace);
    }
  }

 private:
  static bool Read(const Json& from, bool& value) {
    if (from.is_boolean()) value = from.get<bool>();
    return from.is_boolean();
  }
  static bool Read(const Json& from, std::string& text) {
    if (from.is_string()) text = from.get_ref<const std::string&>();
    return from.is_string();
  }
  static bool Read(const Json& from, std::filesystem::path& path) {
    if (from.is_string()) path = from.get_ref<const std::string&>();
    return from.is_string();
  }
  static bool Read(const Json& from, Millis& duration) {
    int64_t count = 0;
    const bool read = Read(from, count);
    duration = Millis(count);
    return read;
  }
  static bool Read(const Json& from, Time& time) {
    double ms = 0;
    if (!Read(from, ms) || std::abs(ms) > 1e12) return false;
    time.since_start = std::chrono::nanoseconds(std::llround(ms * 1e6));
    return true;
  }
  template <typename Tag>
  static bool Read(const Json& from, Id<Tag>& id) {
    return Read(from, id.value);
  }
  template <typename T>
  requires std::is_enum_v<T>
  static bool Read(const Json& from, T& value) {
    if (!from.is_string()) return false;
    const auto word = FromWord<T>(from.get_ref<const std::string&>());
    if (word) value = *word;
    return word.has_value();
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  static bool Read(const Json& from, T& number) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!from.is_number()) return false;
      number = from.get<T>();
      return true;
    } else {
      if (from.is_number_unsigned() && std::in_range<T>(from.get<uint64_t>())) {
        number = static_cast<T>(from.get<uint64_t>());
        return true;
      }
      if (!from.is_number_integer() || from.is_number_unsigned() ||
          !std::in_range<T>(from.get<int64_t>())) {
        return false;
      }
      number = static_cast<T>(from.get<int64_t>());
      return true;
    }
  }
  template <typename T>
  bool Read(const Json& from, std::optional<T>& value) {
    return Read(from, value.emplace());
  }
  bool Read(const Json& from, std::shared_ptr<const Config>& value) {
    auto config = std::make_shared<Config>();
    const bool read = Read(from, *config);
    value = std::move(config);
    return read;
  }
  template <typename T>
  bool Read(const Json& from, std::vector<T>& items) {
    if (!from.is_array()) return false;
    items.clear();
    return std::all_of(from.begin(), from.end(),
                       [&](const Json& item) { return Read(item, items.emplace_back()); });
  }
  bool Read(const Json& from, std::pair<std::string, std::string>& pair) {
    return from.is_array() && from.size() == 2 && Read(from[0], pair.first) &&
           Read(from[1], pair.second);
  }
  template <typename T>
  requires std::is_aggregate_v<T>
  bool Read(const Json& from, T& record) {
    if (!from.is_object()) return false;
    Reader inner(from, complaint_);
    Members(inner, record);
    return true;
  }

  const Json& object_;
  std::string& complaint_;
};

/// Makes `event` the alternative of that name, with its members from `object`.
template <size_t I = 0>
bool ReadAs(std::string_view type, const nlohmann::json& object, Event& event,
            std::string& complaint) {
  if constexpr (I < std::variant_size_v<AnyEvent>) {
    using E = std::variant_alternative_t<I, AnyEvent>;
    if (type != NameOf(static_cast<const E*>(nullptr))) {
      return ReadAs<I + 1>(type, object, event, complaint);
    }
    Reader reader(object, complaint);
    Members(reader, event.emplace<I>());
    return true;
  } else {
    return false;
  }
}

}  // namespace

std::string_view EventName(const Event& event) {
  return std::visit([](const auto& e) { return NameOf(&e); }, event);
}

std::string EventToJson(const Stamped& stamped) {
  std::string line;
  line.reserve(192);
  Writer writer(line);
  writer.Open();
  writer("seq", stamped.seq);
  writer("at_ms", stamped.at);
  writer("type", EventName(stamped.event));
  std::visit([&](const auto& e) { Members(writer, e); }, stamped.event);
  writer.Close();
  return line;
}

Result<Stamped, std::string> EventFromJson(std::string_view line) {
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return Failure{std::string("not a JSON object")};

  Stamped stamped;
  std::string type, complaint;
  Reader reader(object, complaint);
  reader("seq", stamped.seq);
  reader("at_ms", stamped.at);
  reader("type", type);
  if (type.empty()) return Failure{std::string("the event has no 'type'")};
  if (!ReadAs(type, object, stamped.event, complaint)) {
    return Failure{"there is no event called '" + type + "'"};
  }
  if (!complaint.empty()) return Failure{type + ": " + complaint};
  return stamped;
}

}  // namespace proctor
