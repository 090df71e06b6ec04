#include "app/window_icon.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace proctor {
namespace {

constexpr int kSize = 64;

struct Point {
  float x, y;
};

float DistanceToLine(Point p, Point a, Point b) {
  const float dx = b.x - a.x, dy = b.y - a.y;
  const float along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy);
  const float t = std::clamp(along, 0.0f, 1.0f);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// How far outside of the rounded square; negative within.
float DistanceToPlate(Point p) {
  constexpr float kHalf = 30, kRounding = 13;
  const float dx = std::max(std::fabs(p.x - kSize / 2.0f) - (kHalf - kRounding), 0.0f);
  const float dy = std::max(std::fabs(p.y - kSize / 2.0f) - (kHalf - kRounding), 0.0f);
  return std::hypot(dx, dy) - kRounding;
}

float Coverage(float distance) {
  return std::clamp(0.5f - distance, 0.0f, 1.0f);
}

}  // namespace

void SetWindowIcon(GLFWwindow* window) {
  constexpr Point kA{17, 34}, kB{28, 45}, kC{48, 21};
  std::vector<unsigned char> pixels;
  pixels.reserve(kSize * kSize * 4);
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const Point p{static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f};
      const float check =
          Coverage(std::min(DistanceToLine(p, kA, kB), DistanceToLine(p, kB, kC)) - 4);
      const auto mix = [&](int plate, int mark) {
        return static_cast<unsigned char>(static_cast<float>(plate) +
                                          check * static_cast<float>(mark - plate));
      };
      pixels.insert(pixels.end(), {mix(38, 255), mix(100, 255), mix(200, 255),
                                   static_cast<unsigned char>(Coverage(DistanceToPlate(p)) * 255)});
    }
  }
  const GLFWimage image{kSize, kSize, pixels.data()};
  glfwSetWindowIcon(window, 1, &image);
}

}  // namespace proctor
