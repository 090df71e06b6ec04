// A stand-in for Proctor: starts the tether argv[1] and under it every further
// argument as a program without arguments. Prints "tether PID", then "child PID"
// for each, and runs until it is killed.
#include <uv.h>

#include <cstdio>

#include "core/base/overloaded.h"
#include "core/process/tether_client.h"

int main(int argc, char** argv) {
  using namespace proctor;
  uv_loop_t* loop = uv_default_loop();
  const auto on_event = [](TetherEvent event) {
    std::visit(overloaded{[](const ChildSpawned& e) {
                            std::printf("child %d\n", e.pid);
                            std::fflush(stdout);
                          },
                          [](const ChildNotSpawned& e) { std::puts(e.reason.c_str()); },
                          [](const TetherLost& e) { std::puts(e.reason.c_str()); },
                          [](const ChildExited&) {}, [](const TreeEnded&) {}},
               event);
  };
  auto client = TetherClient::Start(loop, argv[1], on_event);
  if (!client) return 1;
  std::printf("tether %d\n", (*client)->tether_pid());
  for (int i = 2; i < argc; ++i) (*client)->Spawn({.argv = {argv[i]}});
  return uv_run(loop, UV_RUN_DEFAULT);
}
