#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/event.h"

namespace proctor {

/// Events as JSON lines: the journal's rows, the events file, /api/events. Member
/// names are those of event.h, enums are words, members without a value are left
/// out. A finished batch is opened again by reading its lines and applying them.

/// "TestFinished": the event's name in code, JSON and SQL.
std::string_view EventName(const Event& event);

/// {"seq":7,"at_ms":12.345,"type":"TestFinished","worker":1,"test":"…"}, without a
/// line end and valid UTF-8 whatever the strings hold. The one thing that is not
/// written is SubjectSpawned::token.
std::string EventToJson(const Stamped& stamped);

/// Errors: a sentence that says what the line lacks. Members that are not there
/// keep their defaults, so that lines of an older Proctor can be read.
Result<Stamped, std::string> EventFromJson(std::string_view line);

}  // namespace proctor
