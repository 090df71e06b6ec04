#pragma once

#include "app/desk.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

/// What can be done with a test or a file, as buttons of the details and as entries of
/// the tree's menu: the same words, and the same requests.

void DrawTestButtons(const State& state, const Picked& picked, TestRef ref, const Post& post);
void DrawFileButtons(const State& state, const FileState& file, const Post& post);

void DrawTestMenu(const State& state, const FileState& file, TestRef ref, const Post& post);
void DrawFileMenu(const State& state, const FileState& file, const Post& post);

}  // namespace proctor
