#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/config.h"

namespace proctor {

struct TomlMember;

/// A TOML document without its library: values with the lines they stand in.
struct TomlNode {
  enum class Kind { Text, Integer, Float, Boolean, Date, List, Table };

  Kind kind = Kind::Table;
  int line = 0;
  std::string text;                 ///< Text: the value; numbers, booleans and dates: as written
  int64_t integer = 0;              ///< Integer
  std::vector<TomlNode> items;      ///< List
  std::vector<TomlMember> members;  ///< Table, in the order of lines

  const TomlNode* Find(std::string_view key) const;
};

struct TomlMember {
  std::string key;
  TomlNode value;
};

/// Errors: what is no TOML, with its line.
Result<TomlNode, ConfigError> ParseToml(std::string_view text, const std::filesystem::path& file);

}  // namespace proctor
