#include "core/config/table_reader.h"

#include <algorithm>

#include "core/config/placeholders.h"
#include "core/config/suggest.h"

namespace proctor {
namespace {

std::string Shown(const TomlNode& value) {
  switch (value.kind) {
    case TomlNode::Kind::Text:
      return "the text \"" + value.text + "\"";
    case TomlNode::Kind::Integer:
    case TomlNode::Kind::Float:
      return "the number " + value.text;
    case TomlNode::Kind::Boolean:
    case TomlNode::Kind::Date:
      return value.text;
    case TomlNode::Kind::List:
      return "a list";
    case TomlNode::Kind::Table:
      return "a table";
  }
  return {};
}

}  // namespace

void Problems::Add(int line, std::string message) {
  if (first_ && first_->line <= line) return;
  first_ = ConfigError{.file = file_, .line = line, .message = std::move(message)};
}

TableReader::TableReader(const TomlNode* table, std::string name, Problems& problems)
    : table_(table), name_(std::move(name)), problems_(problems) {}

TableReader::~TableReader() {
  if (table_ == nullptr) return;
  for (const auto& [key, value] : table_->members) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    problems_.Add(value.line, "unknown key '" + key + "'" + (name_.empty() ? "" : " in " + name_) +
                                  "; " + Suggest(key, known_));
  }
}

const TomlNode* TableReader::Take(std::string_view key) {
  known_.push_back(key);
  return table_ == nullptr ? nullptr : table_->Find(key);
}

const TomlNode* TableReader::Take(std::string_view key, TomlNode::Kind kind,
                                  std::string_view wanted) {
  const TomlNode* value = Take(key);
  if (value == nullptr || value->kind == kind) return value;
  Refuse(*value, key, wanted);
  return nullptr;
}

bool TableReader::IsText(std::string_view key) const {
  return table_->Find(key)->kind == TomlNode::Kind::Text;
}

std::string TableReader::Named(std::string_view key) const {
  return "'" + std::string(key) + "'" + (name_.empty() ? "" : " in " + name_);
}

void TableReader::Refuse(const TomlNode& value, std::string_view key, std::string_view wanted) {
  problems_.Add(value.line,
                Named(key) + " wants " + std::string(wanted) + ", and not " + Shown(value));
}

void TableReader::RefuseWord(int line, std::string_view key, std::string_view word,
                             const std::vector<std::string_view>& known) {
  problems_.Add(
      line, Named(key) + " cannot be \"" + std::string(word) + "\"; it is one of " + Joined(known));
}

void TableReader::CheckPlaceholders(const TomlNode& value, Placeholders placeholders) {
  if (placeholders == Placeholders::None) return;
  for (const std::string_view name : PlaceholdersIn(value.text)) {
    const auto& known = KnownPlaceholders();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    problems_.Add(value.line, "there is no {" + std::string(name) + "} to put in; " +
                                  Suggest(name, known) + " (a literal brace is written {{)");
  }
}

const TomlNode* TableReader::Table(std::string_view key) {
  return Take(key, TomlNode::Kind::Table, "a table");
}

const TomlNode* TableReader::ListOfTables(std::string_view key) {
  const std::string wanted = "to be a list of tables, each opened by [[" + std::string(key) + "]]";
  const TomlNode* list = Take(key, TomlNode::Kind::List, wanted);
  if (list == nullptr) return nullptr;
  for (const TomlNode& item : list->items) {
    if (item.kind == TomlNode::Kind::Table) continue;
    Refuse(item, key, wanted);
    return nullptr;
  }
  return list;
}

int TableReader::Text(std::string_view key, std::string& into, Placeholders placeholders) {
  const TomlNode* value = Take(key, TomlNode::Kind::Text, "text in quotes");
  if (value == nullptr) return 0;
  CheckPlaceholders(*value, placeholders);
  into = value->text;
  return value->line;
}

int TableReader::Number(std::string_view key, int& into, int least, int most) {
  const std::string wanted =
      "a whole number " + (most == std::numeric_limits<int>::max()
                               ? "of at least " + std::to_string(least)
                               : "from " + std::to_string(least) + " to " + std::to_string(most));
  const TomlNode* value = Take(key, TomlNode::Kind::Integer, wanted);
  if (value == nullptr) return 0;
  if (value->integer < least || value->integer > most) {
    Refuse(*value, key, wanted);
  } else {
    into = static_cast<int>(value->integer);
  }
  return value->line;
}

int TableReader::NumberOrAuto(std::string_view key, int& into, int least, int most) {
  const TomlNode* value = table_ == nullptr ? nullptr : table_->Find(key);
  if (value == nullptr || value->kind != TomlNode::Kind::Text) {
    return Number(key, into, least, most);
  }
  std::string word;
  const int line = Text(key, word);
  if (word != "auto") RefuseWord(line, key, word, {"auto"});
  return line;
}

int TableReader::Flag(std::string_view key, bool& into) {
  const TomlNode* value = Take(key, TomlNode::Kind::Boolean, "true or false");
  if (value == nullptr) return 0;
  into = value->text == "true";
  return value->line;
}

int TableReader::Duration(std::string_view key, std::chrono::milliseconds& into,
                          std::chrono::milliseconds least) {
  const std::string wanted = "a duration in quotes, such as \"250ms\", \"15s\" or \"2m\"";
  const TomlNode* value = Take(key, TomlNode::Kind::Text, wanted);
  if (value == nullptr) return 0;
  const std::optional<std::chrono::milliseconds> duration = ParseDuration(value->text);
  if (!duration) {
    Refuse(*value, key, wanted);
  } else if (*duration < least) {
    Refuse(*value, key, "a duration of more than nothing");
  } else {
    into = *duration;
  }
  return value->line;
}

int TableReader::Texts(std::string_view key, std::vector<std::string>& into,
                       std::string_view example, Placeholders placeholders) {
  const std::string wanted = "a list of texts, such as " + std::string(example);
  const TomlNode* list = Take(key, TomlNode::Kind::List, wanted);
  if (list == nullptr) return 0;
  into.clear();
  for (const TomlNode& item : list->items) {
    if (item.kind != TomlNode::Kind::Text) Refuse(item, key, wanted);
    CheckPlaceholders(item, placeholders);
    into.push_back(item.text);
  }
  return list->line;
}

int TableReader::Environment(std::string_view key, EnvironmentEntries& into,
                             Placeholders placeholders) {
  const std::string wanted = "a table of texts, such as { MODE = \"test\" }";
  const TomlNode* table = Take(key, TomlNode::Kind::Table, wanted);
  if (table == nullptr) return 0;
  for (const auto& [name, value] : table->members) {
    if (value.kind != TomlNode::Kind::Text) Refuse(value, key, wanted);
    if (name.empty() || name.find('=') != std::string::npos) {
      problems_.Add(value.line, "'" + name + "' cannot be the name of an environment variable");
    }
    CheckPlaceholders(value, placeholders);
    into.emplace_back(name, value.text);
  }
  return table->line;
}

int TableReader::Patterns(std::string_view key, EnvironmentEntries& into) {
  const std::string wanted = "a table of texts, such as { '0x[0-9a-f]+' = \"ADDRESS\" }";
  const TomlNode* table = Take(key, TomlNode::Kind::Table, wanted);
  if (table == nullptr) return 0;
  for (const auto& [pattern, value] : table->members) {
    if (value.kind != TomlNode::Kind::Text) Refuse(value, key, wanted);
    into.emplace_back(pattern, value.text);
  }
  return table->line;
}

int TableReader::TextOrNamed(std::string_view key, std::string& into, std::string_view name) {
  const TomlNode* value = table_ == nullptr ? nullptr : table_->Find(key);
  if (value == nullptr || value->kind != TomlNode::Kind::Table) return Text(key, into);
  TableReader named(Table(key), Named(key), problems_);
  std::string text;
  if (named.Text(name, text) != 0) into = std::string(name) + ":" + text;
  return value->line;
}

}  // namespace proctor
