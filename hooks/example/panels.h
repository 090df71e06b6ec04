#pragma once
// The demo's panels, drawn once a frame inside the hooks' guard.

namespace proctor::demo {

class Demo;

void DrawPanels(Demo& demo);

}  // namespace proctor::demo
