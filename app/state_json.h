#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/state.h"

namespace proctor {

/// The state as the routes answer it: JSON text, made by pure functions.

/// GET /api/batch. `version` is the snapshot's, what a waiting request passes on.
std::string BatchJson(const State& state, uint64_t version);

/// Which tests, and how many of them, GET /api/tests shows.
struct TestQuery {
  std::vector<Outcome> outcomes;  ///< empty: any, and those that are not done
  std::string file;               ///< path; empty: any
  std::string text;               ///< words that the id has to hold; empty: any
  size_t offset = 0, limit = 100;
};
std::string TestsJson(const State& state, uint64_t version, const TestQuery& query);

/// GET /api/tests/{id}: everything about one test. Empty when there is none of that id.
std::optional<std::string> TestJson(const State& state, const std::string& id);

/// GET /api/subjects: lanes and generations. Never their tokens.
std::string SubjectsJson(const State& state);

}  // namespace proctor
