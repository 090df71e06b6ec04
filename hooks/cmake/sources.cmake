# What the hooks are made of, relative to their folder. One list for Proctor's own
# build and for programs that embed them (embed.cmake).

# What Dear ImGui itself calls: a failed IM_ASSERT ends there, and every item of a frame
# that is looked at is told there.
set(PROCTOR_HOOKS_CALLED_SOURCES assert_failure.cc backtrace.cc landing.cc ui/item_observer.cc)

set(PROCTOR_HOOKS_SOURCES
  access.cc
  answering.cc
  balance.cc
  board.cc
  board_routes.cc
  chronicle.cc
  connection_pool.cc
  connection_watch.cc
  crash_note.cc
  discovery.cc
  fences.cc
  frame_gate.cc
  frame_ring.cc
  guard.cc
  gui_health.cc
  health_format.cc
  hooks.cc
  http.cc
  json_text.cc
  last_request.cc
  loopback.cc
  new_context.cc
  openapi.cc
  openapi_routes.cc
  quiet_thread.cc
  request_log.cc
  routes.cc
  server.cc
  signal_stack.cc
  thread_id.cc
  trace.cc
  trace_routes.cc
  waker.cc
  ui/actions.cc
  ui/camera.cc
  ui/collector.cc
  ui/keys.cc
  ui/nearest.cc
  ui/recorder.cc
  ui/recorder_keys.cc
  ui/script.cc
  ui/stage.cc
  ui/steps.cc
  ui/tree.cc
  ui/ui_json.cc
  ui/ui_routes.cc
  ui/values.cc
  ui/waits.cc
  ui/window_actions.cc)
