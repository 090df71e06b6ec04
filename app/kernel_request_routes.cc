// What is asked of one kernel: to run code, to be interrupted, to complete; and its loop.

#include <fmt/format.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "app/json_pieces.h"
#include "app/kernel_route_context.h"
#include "app/kernels_json.h"

namespace proctor {
namespace {

using hooks::Access;
using hooks::ErrorAnswer;
using hooks::HttpAnswer;
using hooks::HttpRequest;
using std::chrono::milliseconds;
using SharedLog = std::shared_ptr<const RequestLog>;

/// How long a kernel has for a completion or an inspection unless the body says otherwise; a
/// busy one answers only when its cell has ended.
constexpr milliseconds kAnswerPatience{10'000};
constexpr const char* kHangs = "a kernel that runs a cell answers only after it; interrupt it";

enum class Until { Output, End };

Until UntilFrom(const std::string& word, Until otherwise) {
  if (word == "end") return Until::End;
  if (word == "output") return Until::Output;
  return otherwise;
}

milliseconds ToMilliseconds(double seconds) {
  return milliseconds(static_cast<int64_t>(seconds * 1000));
}

/// What there is after `since`, once that is what was waited for or the time is over.
HttpAnswer AnswerWith(const KernelRouteContext& context, int status, const std::string& kernel,
                      const RequestLog& log, size_t since, Until until, milliseconds wait) {
  RequestLog::View view = log.Read(since);
  const auto is_done = [&](milliseconds piece) {
    if (view.result || (until == Until::Output && view.next > since)) return true;
    view = until == Until::End ? log.WaitForEnd(piece, since) : log.Wait(since, piece);
    return view.result || (until == Until::Output && view.next > since);
  };
  WaitInPieces(context, wait, is_done);
  return {.status = status, .body = RequestJson(kernel, log.id(), view)};
}

HttpAnswer Execute(KernelRouteContext& context, const HttpRequest& request) {
  constexpr const char* kHint =
      R"(send {"code": "1+1", "timeout_s": null, "allow_stdin": false, "silent": false, )"
      R"("store_history": true, "stop_on_error": false, "wait_ms": 0, "until": "end|output"})";
  BodyReader body(request);
  ExecuteRequest order;
  order.code = body.NeededText("code");
  if (const auto seconds = body.Seconds("timeout_s")) {
    // Not 0, which would be none.
    order.timeout = std::max(milliseconds(1), ToMilliseconds(*seconds));
  }
  order.allow_stdin = body.Flag("allow_stdin", false);
  order.silent = body.Flag("silent", false);
  order.store_history = body.Flag("store_history", true);
  order.stop_on_error = body.Flag("stop_on_error", false);
  const milliseconds wait(
      std::min<int64_t>(body.Whole("wait_ms", 0, INT64_MAX, 0), kLongestKernelWait.count()));
  const Until until = UntilFrom(body.Word("until", {"end", "output"}), Until::End);
  if (auto refusal = body.Refusal(kHint)) return *refusal;
  const auto session = SpeakingSessionOf(context, request);
  if (!session) return session.error();
  const SharedLog log = (*session)->Submit(std::move(order));
  return AnswerWith(context, 202, request.matches[0], *log, 0, until, wait);
}

/// The request that the path names. Errors: 404.
Result<SharedLog, HttpAnswer> LogOf(const KernelRouteContext& context, const HttpRequest& request) {
  const auto session = SessionOf(context, request);
  if (!session) return Failure{session.error()};
  const std::string& text = request.matches[1];
  RequestId id = 0;
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, id);
  const bool is_number = error == std::errc() && read == end;
  SharedLog log = is_number ? (*session)->Find(id) : nullptr;
  if (log) return log;
  return Failure{
      ErrorAnswer(404, fmt::format("no request {} of the kernel {}", text, request.matches[0]),
                  "they count from 1; the oldest ones are forgotten after some time")};
}

HttpAnswer GetRequest(const KernelRouteContext& context, const HttpRequest& request) {
  const auto log = LogOf(context, request);
  if (!log) return log.error();
  const size_t since = QueryNumber(request, "since", 0);
  const Until until = UntilFrom(request.param("until"), Until::Output);
  return AnswerWith(context, 200, request.matches[0], **log, since, until, QueryWait(request));
}

/// Each chunk as it comes, and the result last. A stream that has begun has no status to
/// refuse with: what there is no request for is an event, too.
void StreamRequest(const KernelRouteContext& context, const HttpRequest& request,
                   hooks::EventStream& stream) {
  const auto log = LogOf(context, request);
  if (!log) {
    stream.Send({.data = log.error().body, .name = "error"});
    return;
  }
  constexpr milliseconds kPiece{200};
  constexpr int kPiecesToHeartbeat = 5;
  size_t since = QueryNumber(request, "since", 0);
  for (int quiet = 0; !stream.Stopping() && !context.Ending(); ++quiet) {
    const RequestLog::View view = (*log)->Wait(since, kPiece);
    for (const OutputChunk& chunk : view.chunks) {
      if (!stream.Send({.data = ChunkJson(chunk), .name = "output"})) return;
    }
    if (view.result) {
      stream.Send({.data = ResultJson(*view.result), .name = "end"});
      return;
    }
    if (view.next > since) quiet = 0;
    since = view.next;
    if (quiet >= kPiecesToHeartbeat) {
      if (!stream.Heartbeat()) return;
      quiet = 0;
    }
  }
}

HttpAnswer Interrupt(KernelRouteContext& context, const HttpRequest& request) {
  BodyReader body(request);
  const auto id = static_cast<RequestId>(body.Whole("request", 1, INT64_MAX, 0));
  const char* const hint = R"(send {"request": 3}, or nothing for the one that runs)";
  if (auto refusal = body.Refusal(hint)) return *refusal;
  const auto session = SpeakingSessionOf(context, request);
  if (!session) return session.error();
  (*session)->Interrupt(id);
  return {.status = 202, .body = fmt::format(R"({{"id":"{}"}})", request.matches[0])};
}

HttpAnswer Reply(KernelRouteContext& context, const HttpRequest& request) {
  BodyReader body(request);
  std::string line = body.NeededText("text");
  if (auto refusal = body.Refusal(R"(send {"text": "the line"})")) return *refusal;
  const auto session = SpeakingSessionOf(context, request);
  if (!session) return session.error();
  if (!(*session)->view()->awaits_input) {
    return ErrorAnswer(409, fmt::format("the kernel {} waits for no line", request.matches[0]),
                       R"(only a request with "allow_stdin": true asks for one)");
  }
  (*session)->ReplyToInput(std::move(line));
  return {.status = 202, .body = fmt::format(R"({{"id":"{}"}})", request.matches[0])};
}

/// Where a kernel's answer comes to, from its client's thread; that may be after nobody waits
/// for it any more.
class Awaited {
 public:
  void Put(const Result<std::string, std::string>& answer) {
    {
      const std::lock_guard lock(mutex_);
      answer_ = answer;
    }
    there_.notify_all();
  }
  bool WaitFor(milliseconds piece) {
    std::unique_lock lock(mutex_);
    return there_.wait_for(lock, piece, [&] { return answer_.has_value(); });
  }
  std::optional<Result<std::string, std::string>> Take() {
    const std::lock_guard lock(mutex_);
    return std::move(answer_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<Result<std::string, std::string>> answer_;
};

/// Asks the session's client with `ask`, and answers with what the kernel says.
template <typename Ask>
HttpAnswer Asked(const KernelRouteContext& context, KernelSession& session, milliseconds patience,
                 const Ask& ask) {
  const auto client = session.client();
  if (!client) return ErrorAnswer(409, "the kernel is gone", "GET /api/kernels lists those left");
  const auto awaited = std::make_shared<Awaited>();
  ask(*client, [awaited](const Result<std::string, std::string>& said) { awaited->Put(said); });
  // The client itself ends it in time; a little more than that is for its word to come.
  WaitInPieces(context, patience + milliseconds(1000),
               [&](milliseconds piece) { return awaited->WaitFor(piece); });
  const auto answer = awaited->Take();
  if (!answer) return ErrorAnswer(504, "the kernel did not answer in time", kHangs);
  if (!*answer) {
    const bool dead = session.view()->status.activity == KernelActivity::Dead;
    return ErrorAnswer(dead ? 409 : 504, answer->error(), kHangs);
  }
  return {.body = Dump(OrderedJson::parse(**answer, nullptr, false))};
}

struct Question {
  std::string code;
  int cursor;  ///< in code points
  int detail;
  milliseconds patience;
};

int CodePoints(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

enum class Detail { Taken, Refused };

Result<Question, HttpAnswer> QuestionFrom(const HttpRequest& request, Detail detail) {
  BodyReader body(request);
  Question question{.code = body.NeededText("code")};
  const int end = CodePoints(question.code);
  question.cursor = static_cast<int>(body.Whole("cursor", 0, end, end));
  if (detail == Detail::Taken) question.detail = static_cast<int>(body.Whole("detail", 0, 1, 0));
  const auto seconds = body.Seconds("timeout_s");
  const milliseconds longest = kLongestKernelWait - milliseconds(1000);
  question.patience = seconds ? std::min(ToMilliseconds(*seconds), longest) : kAnswerPatience;
  const char* const hint =
      detail == Detail::Taken
          ? R"(send {"code": "len", "cursor": 3, "detail": 0, "timeout_s": 10}; cursor counts )"
            "code points, and is the end where it is left out"
          : R"(send {"code": "pri", "cursor": 3, "timeout_s": 10}; cursor counts code points, )"
            "and is the end where it is left out";
  if (auto refusal = body.Refusal(hint)) return Failure{*refusal};
  return question;
}

HttpAnswer Complete(KernelRouteContext& context, const HttpRequest& request) {
  const auto question = QuestionFrom(request, Detail::Refused);
  if (!question) return question.error();
  const auto session = SpeakingSessionOf(context, request);
  if (!session) return session.error();
  return Asked(context, **session, question->patience, [&](KernelClient& client, auto then) {
    client.Complete(question->code, question->cursor, question->patience, std::move(then));
  });
}

HttpAnswer Inspect(KernelRouteContext& context, const HttpRequest& request) {
  const auto question = QuestionFrom(request, Detail::Taken);
  if (!question) return question.error();
  const auto session = SpeakingSessionOf(context, request);
  if (!session) return session.error();
  return Asked(context, **session, question->patience, [&](KernelClient& client, auto then) {
    client.Inspect(question->code, question->cursor, question->detail, question->patience,
                   std::move(then));
  });
}

HttpAnswer GetHooks(const KernelRouteContext& context, const HttpRequest& request) {
  const auto session = SessionOf(context, request);
  if (!session) return session.error();
  const uint64_t since = QueryNumber(request, "since", 0);
  return {.body = HookCallsJson((*session)->recorder().Calls(since), since)};
}

HttpAnswer StartLoop(KernelRouteContext& context, const HttpRequest& request) {
  const auto session = SpeakingSessionOf(context, request);
  if (!session) return session.error();
  (*session)->StartLoop();
  return {.status = 202, .body = fmt::format(R"({{"id":"{}"}})", request.matches[0])};
}

/// Step, settle and stop are of the loop: without it they would mean something else.
Result<SharedSession, HttpAnswer> DrivenSessionOf(const KernelRouteContext& context,
                                                  const HttpRequest& request) {
  auto session = SessionOf(context, request);
  if (!session || (*session)->view()->driven) return session;
  return Failure{
      ErrorAnswer(409, fmt::format("nobody drives the queue of the kernel {}", request.matches[0]),
                  "POST /api/kernels/{id}/loop/start takes it over")};
}

HttpAnswer StepLoop(KernelRouteContext& context, const HttpRequest& request) {
  const auto session = DrivenSessionOf(context, request);
  if (!session) return session.error();
  const SharedLog log = (*session)->StepLoop();
  return {.body = Dump({{"request", log ? OrderedJson(log->id()) : OrderedJson(nullptr)}})};
}

HttpAnswer SettleLoop(KernelRouteContext& context, const HttpRequest& request) {
  BodyReader body(request);
  const auto seconds = body.Seconds("limit_s");
  if (auto refusal = body.Refusal(R"(send {"limit_s": 10})")) return *refusal;
  const auto session = DrivenSessionOf(context, request);
  if (!session) return session.error();
  Settled settled = Settled::NotInTime;
  const milliseconds limit = seconds ? ToMilliseconds(*seconds) : kAnswerPatience;
  WaitInPieces(context, limit, [&](milliseconds piece) {
    settled = (*session)->SettleLoop(piece);
    return settled == Settled::Yes;
  });
  return {.body = Dump({{"settled", settled == Settled::Yes}})};
}

HttpAnswer StopLoop(KernelRouteContext& context, const HttpRequest& request) {
  const auto session = DrivenSessionOf(context, request);
  if (!session) return session.error();
  return {.body = Dump({{"dropped", (*session)->StopLoop()}})};
}

}  // namespace

void AddKernelRequestRoutes(hooks::Hooks& hooks, const SharedKernelContext& context) {
  using hooks::BodySize;
  const auto add = [&](const char* method, const char* pattern, auto answer,
                       BodySize size = BodySize::Usual) {
    hooks.AddRoute(
        method, pattern, Access::Token,
        [context, answer](const HttpRequest& r) { return answer(*context, r); }, size);
  };
  // Half a million characters are 6 MB where each is written as a pair of \u escapes.
  add("POST", "/api/kernels/{id}/execute", Execute, BodySize::Large);
  add("GET", "/api/kernels/{id}/requests/{n}", GetRequest);
  hooks.AddStream("/api/kernels/{id}/requests/{n}", Access::Token,
                  [context](const HttpRequest& request, hooks::EventStream& stream) {
                    StreamRequest(*context, request, stream);
                  });
  add("POST", "/api/kernels/{id}/interrupt", Interrupt);
  add("POST", "/api/kernels/{id}/stdin", Reply, BodySize::Large);
  add("POST", "/api/kernels/{id}/complete", Complete, BodySize::Large);
  add("POST", "/api/kernels/{id}/inspect", Inspect, BodySize::Large);
  add("GET", "/api/kernels/{id}/hooks", GetHooks);
  add("POST", "/api/kernels/{id}/loop/start", StartLoop);
  add("POST", "/api/kernels/{id}/loop/step", StepLoop);
  add("POST", "/api/kernels/{id}/loop/settle", SettleLoop);
  add("POST", "/api/kernels/{id}/loop/stop", StopLoop);
}

}  // namespace proctor
