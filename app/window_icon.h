#pragma once

struct GLFWwindow;

namespace proctor {

/// Gives the window Proctor's sign for task bars and switchers: a check mark.
void SetWindowIcon(GLFWwindow* window);

}  // namespace proctor
