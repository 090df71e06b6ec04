#include "core/config/toml_node.h"

#include <toml++/toml.h>
#include <algorithm>
#include <sstream>

namespace proctor {
namespace {

template <typename Value>
std::string AsWritten(const Value& value) {
  std::ostringstream out;
  out << std::boolalpha << value;
  return out.str();
}

TomlNode FromNode(const toml::node& node);

TomlNode FromTable(const toml::table& table) {
  TomlNode result;
  for (const auto& [key, value] : table) {
    TomlNode member = FromNode(value);
    // A header such as [a.b] makes [a] without a line of its own, and a key's own
    // line is the better one for what is said about the key.
    const int line = static_cast<int>(key.source().begin.line);
    if (line != 0 && member.kind != TomlNode::Kind::Table) member.line = line;
    if (member.line == 0) member.line = line;
    result.members.push_back({std::string(key.str()), std::move(member)});
  }
  std::stable_sort(result.members.begin(), result.members.end(),
                   [](const auto& a, const auto& b) { return a.value.line < b.value.line; });
  return result;
}

TomlNode FromNode(const toml::node& node) {
  TomlNode result;
  if (const toml::table* table = node.as_table()) {
    result = FromTable(*table);
  } else if (const toml::array* array = node.as_array()) {
    result.kind = TomlNode::Kind::List;
    for (const toml::node& item : *array) result.items.push_back(FromNode(item));
  } else if (const auto* text = node.as_string()) {
    result.kind = TomlNode::Kind::Text;
    result.text = **text;
  } else if (const auto* integer = node.as_integer()) {
    result.kind = TomlNode::Kind::Integer;
    result.integer = **integer;
    result.text = AsWritten(**integer);
  } else if (const auto* number = node.as_floating_point()) {
    result.kind = TomlNode::Kind::Float;
    result.text = AsWritten(**number);
  } else if (const auto* boolean = node.as_boolean()) {
    result.kind = TomlNode::Kind::Boolean;
    result.text = AsWritten(**boolean);
  } else {
    result.kind = TomlNode::Kind::Date;
    result.text = "a date or time";
  }
  result.line = static_cast<int>(node.source().begin.line);
  return result;
}

}  // namespace

const TomlNode* TomlNode::Find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

Result<TomlNode, ConfigError> ParseToml(std::string_view text, const std::filesystem::path& file) {
  try {
    return FromTable(toml::parse(text, file.string()));
  } catch (const toml::parse_error& error) {
    return Failure{ConfigError{.file = file,
                               .line = static_cast<int>(error.source().begin.line),
                               .message = "this is not TOML: " + std::string(error.description())}};
  }
}

}  // namespace proctor
