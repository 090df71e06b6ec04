#include "app/icons.h"

#include <cmath>
#include <initializer_list>

namespace proctor {
namespace {

constexpr float kPi = 3.14159265f;

/// A pen over the unit square.
struct Pen {
  ImDrawList& list;
  ImVec2 at;
  float size;
  ImU32 colour;
  float width;

  ImVec2 At(float x, float y) const { return {at.x + x * size, at.y + y * size}; }
  void Line(std::initializer_list<ImVec2> points, ImDrawFlags flags = 0) const {
    for (const ImVec2& p : points) list.PathLineTo(At(p.x, p.y));
    list.PathStroke(colour, flags, width);
  }
  void Fill(std::initializer_list<ImVec2> points) const {
    for (const ImVec2& p : points) list.PathLineTo(At(p.x, p.y));
    list.PathFillConvex(colour);
  }
  void Circle(float x, float y, float r) const {
    list.AddCircle(At(x, y), r * size, colour, 0, width);
  }
  void Disc(float x, float y, float r) const { list.AddCircleFilled(At(x, y), r * size, colour); }
  void Arc(float x, float y, float r, float from, float to) const {
    list.PathArcTo(At(x, y), r * size, from * kPi, to * kPi);
    list.PathStroke(colour, 0, width);
  }
  void Box(float x0, float y0, float x1, float y1, float rounding) const {
    list.AddRect(At(x0, y0), At(x1, y1), colour, rounding * size, 0, width);
  }
};

void Reload(const Pen& p) {
  p.Arc(0.5f, 0.52f, 0.33f, -0.25f, 1.35f);
  p.Fill({{0.62f, 0.06f}, {0.90f, 0.30f}, {0.56f, 0.42f}});
}

void Star(const Pen& p) {
  for (int i = 0; i < 4; ++i) {
    const float a = static_cast<float>(i) * kPi / 4;
    const float r = i % 2 == 0 ? 0.42f : 0.26f;
    const float dx = std::cos(a) * r, dy = std::sin(a) * r;
    p.Line({{0.5f - dx, 0.5f - dy}, {0.5f + dx, 0.5f + dy}});
  }
}

void DrawOutcomeIcon(const Pen& p, Icon icon) {
  switch (icon) {
    case Icon::Check:
      p.Line({{0.14f, 0.54f}, {0.40f, 0.79f}, {0.87f, 0.24f}});
      return;
    case Icon::CheckRing:
      p.Circle(0.5f, 0.5f, 0.43f);
      p.Line({{0.32f, 0.52f}, {0.46f, 0.65f}, {0.69f, 0.36f}});
      return;
    case Icon::CheckStar:
      p.Line({{0.08f, 0.58f}, {0.30f, 0.79f}, {0.62f, 0.36f}});
      p.Line({{0.80f, 0.16f}, {0.80f, 0.60f}});
      p.Disc(0.80f, 0.80f, 0.08f);
      return;
    case Icon::Cross:
      p.Line({{0.2f, 0.2f}, {0.8f, 0.8f}});
      p.Line({{0.8f, 0.2f}, {0.2f, 0.8f}});
      return;
    case Icon::Bang:
      p.Circle(0.5f, 0.5f, 0.44f);
      p.Line({{0.5f, 0.25f}, {0.5f, 0.54f}});
      p.Disc(0.5f, 0.72f, 0.07f);
      return;
    case Icon::Clock:
      p.Circle(0.5f, 0.5f, 0.44f);
      p.Line({{0.5f, 0.24f}, {0.5f, 0.53f}, {0.69f, 0.62f}});
      return;
    case Icon::Bolt:
      p.Fill({{0.60f, 0.02f}, {0.20f, 0.58f}, {0.49f, 0.58f}});
      p.Fill({{0.51f, 0.42f}, {0.80f, 0.42f}, {0.40f, 0.98f}});
      return;
    case Icon::Skip:
      p.Line({{0.20f, 0.24f}, {0.46f, 0.5f}, {0.20f, 0.76f}});
      p.Line({{0.54f, 0.24f}, {0.80f, 0.5f}, {0.54f, 0.76f}});
      return;
    case Icon::Slash:
      p.Circle(0.5f, 0.5f, 0.40f);
      p.Line({{0.22f, 0.78f}, {0.78f, 0.22f}});
      return;
    case Icon::Dot:
      p.Disc(0.5f, 0.5f, 0.13f);
      return;
    case Icon::Ring:
      p.Circle(0.5f, 0.5f, 0.36f);
      return;
    case Icon::Run:
      p.Fill({{0.24f, 0.14f}, {0.84f, 0.5f}, {0.24f, 0.86f}});
      return;
    case Icon::Hourglass:
      p.Line({{0.24f, 0.12f}, {0.76f, 0.12f}, {0.24f, 0.88f}, {0.76f, 0.88f}}, ImDrawFlags_Closed);
      return;
    case Icon::Play:
    case Icon::Pause:
    case Icon::Step:
    case Icon::ToFailure:
    case Icon::Hold:
    case Icon::Split:
    case Icon::Stop:
    case Icon::Reload:
    case Icon::ReloadBad:
    case Icon::Power:
    case Icon::Copy:
    case Icon::Open:
    case Icon::Search:
    case Icon::Close:
    case Icon::Info:
    case Icon::Triangle:
    case Icon::Star:
    case Icon::Link:
    case Icon::FoldedIn:
    case Icon::FoldedOut:
    case Icon::Keyboard:
    case Icon::Tail:
      return;
  }
}

void DrawActionIcon(const Pen& p, Icon icon) {
  switch (icon) {
    case Icon::Play:
      p.Fill({{0.22f, 0.10f}, {0.88f, 0.5f}, {0.22f, 0.90f}});
      return;
    case Icon::Pause:
      p.Fill({{0.20f, 0.14f}, {0.42f, 0.14f}, {0.42f, 0.86f}, {0.20f, 0.86f}});
      p.Fill({{0.58f, 0.14f}, {0.80f, 0.14f}, {0.80f, 0.86f}, {0.58f, 0.86f}});
      return;
    case Icon::Step:
      p.Fill({{0.14f, 0.14f}, {0.64f, 0.5f}, {0.14f, 0.86f}});
      p.Line({{0.80f, 0.14f}, {0.80f, 0.86f}});
      return;
    case Icon::ToFailure:
      p.Fill({{0.06f, 0.20f}, {0.46f, 0.5f}, {0.06f, 0.80f}});
      p.Line({{0.58f, 0.30f}, {0.94f, 0.70f}});
      p.Line({{0.94f, 0.30f}, {0.58f, 0.70f}});
      return;
    case Icon::Hold:
      p.Box(0.18f, 0.44f, 0.82f, 0.90f, 0.08f);
      p.Arc(0.5f, 0.44f, 0.22f, 1.0f, 2.0f);
      p.Disc(0.5f, 0.66f, 0.08f);
      return;
    case Icon::Split:
      p.Line({{0.10f, 0.5f}, {0.40f, 0.5f}, {0.62f, 0.24f}, {0.90f, 0.24f}});
      p.Line({{0.40f, 0.5f}, {0.62f, 0.76f}, {0.90f, 0.76f}});
      p.Line({{0.76f, 0.10f}, {0.90f, 0.24f}, {0.76f, 0.38f}});
      return;
    case Icon::Stop:
      p.Fill({{0.18f, 0.18f}, {0.82f, 0.18f}, {0.82f, 0.82f}, {0.18f, 0.82f}});
      return;
    case Icon::Reload:
      Reload(p);
      return;
    case Icon::ReloadBad:
      Reload(p);
      p.Disc(0.5f, 0.52f, 0.10f);
      return;
    case Icon::Power:
      p.Arc(0.5f, 0.54f, 0.35f, -0.30f, 1.30f);
      p.Line({{0.5f, 0.08f}, {0.5f, 0.48f}});
      return;
    case Icon::Copy:
      p.Box(0.12f, 0.12f, 0.62f, 0.66f, 0.08f);
      p.Line({{0.76f, 0.36f}, {0.88f, 0.36f}, {0.88f, 0.88f}, {0.36f, 0.88f}, {0.36f, 0.80f}});
      return;
    case Icon::Open:
      p.Line({{0.42f, 0.22f}, {0.16f, 0.22f}, {0.16f, 0.84f}, {0.78f, 0.84f}, {0.78f, 0.58f}});
      p.Line({{0.58f, 0.14f}, {0.86f, 0.14f}, {0.86f, 0.42f}});
      p.Line({{0.86f, 0.14f}, {0.48f, 0.52f}});
      return;
    case Icon::Search:
      p.Circle(0.42f, 0.42f, 0.28f);
      p.Line({{0.63f, 0.63f}, {0.90f, 0.90f}});
      return;
    case Icon::Close:
      p.Line({{0.26f, 0.26f}, {0.74f, 0.74f}});
      p.Line({{0.74f, 0.26f}, {0.26f, 0.74f}});
      return;
    case Icon::Info:
      p.Circle(0.5f, 0.5f, 0.44f);
      p.Line({{0.5f, 0.46f}, {0.5f, 0.74f}});
      p.Disc(0.5f, 0.29f, 0.07f);
      return;
    case Icon::Triangle:
      p.Line({{0.5f, 0.10f}, {0.94f, 0.88f}, {0.06f, 0.88f}}, ImDrawFlags_Closed);
      p.Line({{0.5f, 0.38f}, {0.5f, 0.62f}});
      p.Disc(0.5f, 0.76f, 0.06f);
      return;
    case Icon::Star:
      Star(p);
      return;
    case Icon::Link:
      p.Box(0.06f, 0.34f, 0.56f, 0.66f, 0.16f);
      p.Box(0.44f, 0.34f, 0.94f, 0.66f, 0.16f);
      return;
    case Icon::FoldedIn:
      p.Line({{0.36f, 0.24f}, {0.64f, 0.5f}, {0.36f, 0.76f}});
      return;
    case Icon::FoldedOut:
      p.Line({{0.24f, 0.38f}, {0.5f, 0.66f}, {0.76f, 0.38f}});
      return;
    case Icon::Keyboard:
      p.Box(0.04f, 0.22f, 0.96f, 0.78f, 0.08f);
      p.Line({{0.30f, 0.62f}, {0.70f, 0.62f}});
      for (const float x : {0.22f, 0.41f, 0.60f, 0.79f}) p.Disc(x, 0.41f, 0.05f);
      return;
    case Icon::Tail:
      p.Line({{0.5f, 0.10f}, {0.5f, 0.66f}});
      p.Line({{0.26f, 0.44f}, {0.5f, 0.68f}, {0.74f, 0.44f}});
      p.Line({{0.20f, 0.90f}, {0.80f, 0.90f}});
      return;
    case Icon::Check:
    case Icon::CheckRing:
    case Icon::CheckStar:
    case Icon::Cross:
    case Icon::Bang:
    case Icon::Clock:
    case Icon::Bolt:
    case Icon::Skip:
    case Icon::Slash:
    case Icon::Dot:
    case Icon::Ring:
    case Icon::Run:
    case Icon::Hourglass:
      return;
  }
}

}  // namespace

void DrawIcon(ImDrawList& list, Icon icon, ImVec2 at, float size, ImU32 colour) {
  const Pen pen{list, at, size, colour, std::fmax(1.2f, size * 0.115f)};
  DrawOutcomeIcon(pen, icon);
  DrawActionIcon(pen, icon);
}

}  // namespace proctor
