#pragma once

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config.h"
#include "core/config/toml_node.h"

namespace proctor {

/// What is wrong with a file so far. Of several errors the first by line is told.
class Problems {
 public:
  explicit Problems(std::filesystem::path file) : file_(std::move(file)) {}
  void Add(int line, std::string message);
  const std::optional<ConfigError>& first() const { return first_; }

 private:
  std::filesystem::path file_;
  std::optional<ConfigError> first_;
};

/// Reads one table into a struct: each call takes one key, leaves the default
/// where the key is missing, and adds a problem where its value is not what it has
/// to be. When the reader goes, every key that nobody asked for is a problem.
class TableReader {
 public:
  enum class Placeholders { Known, None };

  /// `table` is null where the file has no such table.
  TableReader(const TomlNode* table, std::string name, Problems& problems);
  ~TableReader();
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  const TomlNode* Table(std::string_view key);
  const TomlNode* ListOfTables(std::string_view key);

  /// These return the line of the value, 0 where there is none.
  int Text(std::string_view key, std::string& into, Placeholders placeholders = Placeholders::None);
  int Number(std::string_view key, int& into, int least, int most);
  int Flag(std::string_view key, bool& into);
  /// A number, or the word "auto", which leaves `into` as it is.
  int NumberOrAuto(std::string_view key, int& into, int least, int most);
  int Duration(std::string_view key, std::chrono::milliseconds& into,
               std::chrono::milliseconds least = std::chrono::milliseconds(1));
  int Texts(std::string_view key, std::vector<std::string>& into, std::string_view example,
            Placeholders placeholders = Placeholders::None);
  int Environment(std::string_view key, EnvironmentEntries& into, Placeholders placeholders);
  /// Regular expressions, and what stands for what they match.
  int Patterns(std::string_view key, EnvironmentEntries& into);
  /// Text, or a table of one text under a name: { srt = "sandbox.json" }, which comes as
  /// "srt:sandbox.json".
  int TextOrNamed(std::string_view key, std::string& into, std::string_view name);

  template <typename Enum>
  int Word(std::string_view key, Enum& into,
           std::initializer_list<std::pair<std::string_view, Enum>> words) {
    std::string text;
    const int line = Text(key, text);
    std::vector<std::string_view> known;
    for (const auto& [word, value] : words) {
      if (line != 0 && word == text) {
        into = value;
        return line;
      }
      known.push_back(word);
    }
    if (line != 0 && IsText(key)) RefuseWord(line, key, text, known);
    return line;
  }

  /// "'timeout' in [subject.ready] "
  std::string Named(std::string_view key) const;

 private:
  const TomlNode* Take(std::string_view key);
  const TomlNode* Take(std::string_view key, TomlNode::Kind kind, std::string_view wanted);
  bool IsText(std::string_view key) const;
  void Refuse(const TomlNode& value, std::string_view key, std::string_view wanted);
  void RefuseWord(int line, std::string_view key, std::string_view word,
                  const std::vector<std::string_view>& known);
  void CheckPlaceholders(const TomlNode& value, Placeholders placeholders);

  const TomlNode* table_;
  const std::string name_;  ///< "[subject.ready]"; empty for the file itself
  Problems& problems_;
  std::vector<std::string_view> known_;
};

}  // namespace proctor
