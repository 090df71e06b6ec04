#pragma once
// Dear ImGui's compile-time configuration (IMGUI_USER_CONFIG) for every program
// that embeds the hooks; one with a config header of its own includes this from it.
// A failed IM_ASSERT throws proctor::hooks::AssertFailure, which the frame guard
// catches, records and mends (hooks/guard.h).
//
// ImGui includes this in all of its files and in all of its users': it stays light.

#ifndef PROCTOR_HOOKS_OFF

namespace proctor::hooks {
/// Throws AssertFailure within a guard. Outside of any it is recorded, and while another
/// exception unwinds the stack it writes a line to stderr; both return, because a throw
/// would end the program.
void OnAssertFailed(const char* expression, const char* file, int line);
}  // namespace proctor::hooks

#define IM_ASSERT(expression) \
  ((expression) ? (void)0 : ::proctor::hooks::OnAssertFailed(#expression, __FILE__, __LINE__))

// ImGui tells about its items, and only while somebody asks (hooks/ui/item_observer.h).
#define IMGUI_ENABLE_TEST_ENGINE

#endif  // PROCTOR_HOOKS_OFF
