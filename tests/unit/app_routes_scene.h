#pragma once

#include <doctest/doctest.h>
#include <httplib.h>

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/routes.h"
#include "hooks/hooks.h"
#include "tests/fakes/sample_state.h"

namespace proctor::fakes {

/// The routes over a state, with what was posted.
struct Routes {
  Latest<const State> states;
  std::mutex mutex;
  std::vector<Event> posted;
  std::vector<nlohmann::json> journal;
  std::unique_ptr<hooks::Hooks> hooks;

  explicit Routes(std::shared_ptr<const State> state) {
    if (state) states.Publish(std::move(state));
    auto started = hooks::Hooks::Start(
        {.discovery = hooks::Discovery::Off, .crash_note = hooks::CrashNote::Off});
    REQUIRE(started);
    hooks = std::move(*started);
    AddRoutes({.hooks = *hooks,
               .states = states,
               .post =
                   [this](Event event) {
                     const std::lock_guard lock(mutex);
                     posted.push_back(std::move(event));
                   },
               .events = [this](uint64_t since, int limit) { return EventsAfter(since, limit); }});
  }
  std::string EventsAfter(uint64_t since, int limit) {
    const std::lock_guard lock(mutex);
    nlohmann::json events = nlohmann::json::array();
    for (const nlohmann::json& event : journal) {
      if (event["seq"] > since && events.size() < static_cast<size_t>(limit))
        events.push_back(event);
    }
    return events.dump();
  }
  httplib::Client Client() {
    httplib::Client client("127.0.0.1", hooks->port());
    client.set_default_headers({{"Authorization", "Bearer " + hooks->token()}});
    return client;
  }
  httplib::Result Get(const std::string& path) { return Client().Get(path.c_str()); }
  httplib::Result Post(const std::string& path, const std::string& body = "") {
    return Client().Post(path.c_str(), body, "application/json");
  }
};

}  // namespace proctor::fakes
