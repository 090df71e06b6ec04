#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/model/state.h"

namespace proctor {

/// What the JSON of the routes is made of.

using OrderedJson = nlohmann::ordered_json;

/// Text that is not UTF-8 is mended.
inline std::string Dump(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}
inline OrderedJson TextOrNull(const std::string& text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}
inline OrderedJson IdOrNull(GenerationId id) {
  return id ? OrderedJson(id.value) : OrderedJson(nullptr);
}
inline OrderedJson NoteJson(const FileState& file) {
  if (!file.note) return nullptr;
  return {{"note", ToString(file.note->kind)},
          {"generation", file.generation.value},
          {"reason", file.note->reason}};
}

}  // namespace proctor
