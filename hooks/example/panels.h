#pragma once
// The demo's panels, drawn once a frame inside the hooks' guard.

namespace proctor::hooks {
class Hooks;
}

namespace proctor::demo {

class Demo;

void DrawPanels(Demo& demo, hooks::Hooks& hooks);

}  // namespace proctor::demo
