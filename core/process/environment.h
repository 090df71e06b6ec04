#pragma once

#include <string>
#include <string_view>

#include "core/process/spawn_spec.h"

namespace proctor {

/// What a child's environment says; not ours.

/// The value of a variable; `otherwise` where it is not set.
std::string_view ValueOf(const Environment& environment, std::string_view name,
                         std::string_view otherwise = {});

/// Where a program of this name is found on the environment's PATH; empty: nowhere.
std::string FindOnPath(const Environment& environment, const std::string& program);

/// This process's own.
Environment OwnEnvironment();

/// Takes a variable out, and puts it in with that value.
void Unset(Environment& environment, std::string_view name);
void Set(Environment& environment, std::string_view name, std::string value);

/// Whether a program of this name is found on the environment's PATH.
bool IsOnPath(const Environment& environment, const std::string& program);

}  // namespace proctor
