#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "hooks/example/demo.h"
#include "hooks/example/routes.h"
#include "hooks/hooks.h"

namespace proctor::demo {
namespace {

using hooks::Access;
using hooks::ActionAnswer;
using hooks::ErrorAnswer;
using hooks::Hooks;
using hooks::HttpAnswer;
using hooks::HttpRequest;
using hooks::RunOn;
using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

OrderedJson FormJson(const Form& form) {
  return {{"name", form.name}, {"email", form.email}, {"amount", form.amount}};
}

OrderedJson StateJson(Demo& demo) {
  OrderedJson saved = OrderedJson::array();
  for (const Form& record : demo.saved) saved.push_back(FormJson(record));
  return {{"project", demo.current_project},
          {"projects", demo.projects},
          {"counter", demo.counter},
          {"form", FormJson(demo.form)},
          {"problems", Problems(demo.form)},
          {"saved", saved},
          {"modal_open", demo.modal_open},
          {"io_pool_alive", demo.pool().alive()},
          {"jobs_done", demo.pool().jobs_done()}};
}

/// A string member. A number is taken too, as the text that one would type for it.
std::string Text(const Json& body, const char* key, std::string otherwise) {
  const auto member = body.find(key);
  if (member == body.end()) return otherwise;
  if (member->is_number()) return member->dump();
  if (member->is_string()) return member->get<std::string>();
  throw BadRequest{std::string("\"") + key + "\" is not a string", "send a JSON string"};
}

/// One action on the demo: runs on the frame thread, answers when its frame has ended.
using Action = std::function<HttpAnswer(Demo&, const Json& body)>;

HttpAnswer Run(Hooks& hooks, Demo& demo, const Action& action, const HttpRequest& request) {
  // Shared, because after a timeout the frame thread may still write to it.
  const auto answer = std::make_shared<HttpAnswer>();
  try {
    const Json body = BodyOf(request);
    const bool ran =
        hooks.RunOnFrame([answer, action, body, &demo] { *answer = action(demo, body); });
    return ran ? *answer : FrameLoopHangs();
  } catch (const BadRequest& bad) {
    return ErrorAnswer(400, bad.error, bad.hint);
  }
}

HttpAnswer SelectProject(Demo& demo, const Json& body) {
  const std::string name = Text(body, "name", "");
  if (demo.SelectProject(name)) return Answer(200, StateJson(demo));
  return ErrorAnswer(404, "no project \"" + name + "\"", "GET /api/demo/state lists them");
}

HttpAnswer AddToCounter(Demo& demo, const Json& body) {
  const auto add = body.find("add");
  if (add != body.end() && !add->is_number_integer()) {
    throw BadRequest{"\"add\" is not an integer", R"(send {"add": 1})"};
  }
  demo.counter += add == body.end() ? 1 : add->get<int64_t>();
  return Answer(200, StateJson(demo));
}

HttpAnswer FillForm(Demo& demo, const Json& body) {
  Form form;
  form.name = Text(body, "name", demo.form.name);
  form.email = Text(body, "email", demo.form.email);
  form.amount = Text(body, "amount", demo.form.amount);
  demo.form = form;
  return Answer(200, StateJson(demo));
}

HttpAnswer OpenModal(Demo& demo, const Json& body) {
  const auto open = body.find("open");
  if (open == body.end() || !open->is_boolean()) {
    throw BadRequest{"\"open\" is not true or false", R"(send {"open": true})"};
  }
  demo.modal_open = open->get<bool>();
  return Answer(200, StateJson(demo));
}

HttpAnswer Confirm(Demo& demo, const Json&) {
  if (!demo.modal_open) {
    return ErrorAnswer(409, "no modal is open", R"(POST /api/demo/modal {"open": true} first)");
  }
  demo.DeleteCurrent();
  return Answer(200, StateJson(demo));
}

HttpAnswer PoolIsShut() {
  return ErrorAnswer(503, "the IO pool is shut", "restart the program");
}

/// What StartSave() said, and the save to wait for where it has begun.
struct Started {
  Demo::SaveStart start = Demo::SaveStart::Invalid;
  std::map<std::string, std::string> problems;
  std::shared_future<std::string> written;
};

HttpAnswer Refusal(const Started& started) {
  switch (started.start) {
    case Demo::SaveStart::Busy:
      return ErrorAnswer(409, "a save is under way", "try again");
    case Demo::SaveStart::PoolShut:
      return PoolIsShut();
    case Demo::SaveStart::Begun:
    case Demo::SaveStart::Invalid:
      break;
  }
  return Answer(422, {{"error", "the form is not valid"},
                      {"hint", "see problems"},
                      {"problems", started.problems}});
}

HttpAnswer Save(Hooks& hooks, Demo& demo) {
  const auto started = std::make_shared<Started>();
  const bool began = hooks.RunOnFrame([started, &demo] {
    started->start = demo.StartSave();
    started->problems = Problems(demo.form);
    if (demo.saving()) started->written = demo.saving()->written;
  });
  if (!began) return FrameLoopHangs();
  if (started->start != Demo::SaveStart::Begun) return Refusal(*started);
  started->written.get();  // throws what the write threw: a 500
  const auto state = std::make_shared<OrderedJson>();
  const bool shown = hooks.RunOnFrame([state, &demo] {
    demo.Tick();
    *state = StateJson(demo);
  });
  return shown ? Answer(200, *state) : FrameLoopHangs();
}

/// The pool's work is not the frame loop's: this answers while the loop hangs.
HttpAnswer RunJob(Demo& demo, const HttpRequest& request) {
  try {
    const std::string text = Text(BodyOf(request), "text", "job");
    const auto result = demo.pool().Submit([text] { return "done: " + text; });
    if (!result) return PoolIsShut();
    return Answer(200, {{"result", result->get()}});
  } catch (const BadRequest& bad) {
    return ErrorAnswer(400, bad.error, bad.hint);
  }
}

/// The arguments of a named action; a body that is none becomes the action's own error.
ActionAnswer OnArguments(const std::string& text,
                         const std::function<ActionAnswer(const Json& arguments)>& act) {
  const Json arguments = Json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (!arguments.is_object()) return {.error = "the arguments are no JSON object"};
  return act(arguments);
}

void AddParts(Hooks& hooks, Demo& demo) {
  hooks.AddAction(
      "counter/add", RunOn::FrameThread,
      [&demo](const std::string& text) {
        return OnArguments(text, [&demo](const Json& arguments) -> ActionAnswer {
          const Json amount = arguments.value("amount", Json(1));
          if (!amount.is_number_integer()) return {.error = "\"amount\" is not an integer"};
          demo.counter += amount.get<int64_t>();
          return {.json = Json(demo.counter).dump()};
        });
      },
      "Adds \"amount\" (1) to the counter; answers the counter");
  hooks.AddAction(
      "project/select", RunOn::FrameThread,
      [&demo](const std::string& text) {
        return OnArguments(text, [&demo](const Json& arguments) -> ActionAnswer {
          const std::string name = arguments.at("name").get<std::string>();
          if (demo.SelectProject(name)) return {};
          return {.error = "there is no project \"" + name + "\""};
        });
      },
      "Selects the project \"name\"");
  hooks.AddAction(
      "pool/echo", RunOn::ServerThread,
      [&demo](const std::string& text) -> ActionAnswer {
        const auto result = demo.pool().Submit([text] { return text; });
        if (!result) return {.error = "the IO pool is shut"};
        return {.json = text.empty() ? "null" : result->get()};
      },
      "Sends its arguments through the IO pool and answers them");
  hooks.AddState("demo", RunOn::FrameThread, [&demo] { return StateJson(demo).dump(); });
  hooks.AddState("counter", RunOn::FrameThread, [&demo] { return Json(demo.counter).dump(); });
  hooks.AddState("pool", RunOn::ServerThread, [&demo] {
    return Json{{"alive", demo.pool().alive()}, {"jobs_done", demo.pool().jobs_done()}}.dump();
  });
}

}  // namespace

Json BodyOf(const HttpRequest& request) {
  if (request.body.empty()) return Json::object();
  Json body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) throw BadRequest{"the body is not a JSON object", "send {…}"};
  return body;
}

HttpAnswer Answer(int status, const OrderedJson& body) {
  return {.status = status,
          .body = body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)};
}

HttpAnswer FrameLoopHangs() {
  return ErrorAnswer(504, "the frame loop did not run this in time", "see GET /api/gui_health");
}

void AddDemoRoutes(Hooks& hooks, Demo& demo) {
  const auto add = [&hooks, &demo](const char* method, const char* path, const Action& action) {
    hooks.AddRoute(method, path, Access::Token,
                   [&hooks, &demo, action](const HttpRequest& request) {
                     return Run(hooks, demo, action, request);
                   });
  };
  add("GET", "/api/demo/state",
      [](Demo& shown, const Json&) { return Answer(200, StateJson(shown)); });
  add("POST", "/api/demo/project", SelectProject);
  add("POST", "/api/demo/counter", AddToCounter);
  add("POST", "/api/demo/form", FillForm);
  add("POST", "/api/demo/modal", OpenModal);
  add("POST", "/api/demo/confirm", Confirm);
  hooks.AddRoute("POST", "/api/demo/save", Access::Token,
                 [&hooks, &demo](const HttpRequest&) { return Save(hooks, demo); });
  hooks.AddRoute("POST", "/api/demo/job", Access::Token,
                 [&demo](const HttpRequest& request) { return RunJob(demo, request); });
  AddParts(hooks, demo);
}

}  // namespace proctor::demo
