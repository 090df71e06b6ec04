#include "core/subject/prober.h"

#include <fmt/format.h>
#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace proctor {
namespace {

using nlohmann::json;

constexpr size_t kLongestBody = 1 << 20;  // bytes; a health answer has some hundred

struct Address {
  std::string origin;  ///< "http://127.0.0.1:8000"
  std::string path;
};

Address SplitUrl(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const size_t path = url.find('/', host);
  if (path == std::string::npos) return {url, "/"};
  return {url.substr(0, path), url.substr(path)};
}

const json* At(const json& body, const std::string& pointer) {
  if (pointer.empty() || pointer[0] != '/') return nullptr;
  try {
    const json::json_pointer where(pointer);
    if (!body.contains(where)) return nullptr;
    const json& found = body.at(where);
    return found.is_null() ? nullptr : &found;
  } catch (const json::exception&) {
    return nullptr;
  }
}

std::string AsText(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(2, ' ', false, json::error_handler_t::replace);
}

std::string Member(const json& record, const char* key) {
  const auto it = record.find(key);
  return it == record.end() || it->is_null() ? std::string() : AsText(*it);
}

/// A recorded assert as a person reads it.
std::string DescribeRecord(const json& record) {
  if (!record.is_object() || !record.contains("message")) return AsText(record);
  std::string text = fmt::format("{}: {}", Member(record, "kind"), Member(record, "message"));
  const std::string expression = Member(record, "expression");
  if (!expression.empty()) text += "\n  " + expression;
  const std::string file = Member(record, "file");
  if (!file.empty()) text += fmt::format("\n  at {}:{}", file, Member(record, "line"));
  const std::string window = Member(record, "window");
  if (!window.empty()) text += fmt::format(" in window '{}'", window);
  const auto trace = record.find("backtrace");
  if (trace == record.end() || !trace->is_array() || trace->empty()) return text;
  text += "\nBacktrace:";
  for (const json& frame : *trace) text += "\n  " + AsText(frame);
  return text;
}

std::string Why(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "the connection was refused";
    case httplib::Error::Read:
      return "the connection broke, or no answer came in time";
    default:
      return httplib::to_string(error);
  }
}

}  // namespace

ProbeReading ReadAnswer(int status, const std::string& body, const HealthConfig& pointers) {
  ProbeReading reading;
  reading.status = status;
  const json parsed = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return reading;
  if (const json* healthy = At(parsed, pointers.healthy); healthy && healthy->is_boolean()) {
    reading.healthy = healthy->get<bool>();
  }
  if (const json* state = At(parsed, "/state"); state && state->is_string()) {
    reading.state = state->get<std::string>();
  }
  if (const json* reason = At(parsed, pointers.reason)) reading.reason = AsText(*reason);
  if (const json* detail = At(parsed, pointers.detail)) reading.detail = DescribeRecord(*detail);
  if (const json* frame = At(parsed, pointers.frame); frame && frame->is_number()) {
    reading.frame = frame->get<int64_t>();
  }
  return reading;
}

class Prober::Impl {
 public:
  explicit Impl(std::function<void(Event)> post)
      : post_(std::move(post)), thread_([this] { Run(); }) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
      if (client_) client_->stop();
    }
    changed_.notify_one();
    thread_.join();
  }

  enum class Kind { Probe, Stop };

  void Add(Kind kind, Question question) {
    {
      std::lock_guard lock(mutex_);
      questions_.push_back({kind, std::move(question)});
    }
    changed_.notify_one();
  }

  void Abandon(GenerationId generation) {
    std::lock_guard lock(mutex_);
    std::erase_if(questions_, [&](const Entry& e) { return e.question.generation == generation; });
    // Stopping shuts the socket down and calls nothing back.
    if (client_ && asking_ == generation) client_->stop();
  }

 private:
  struct Entry {
    Kind kind;
    Question question;
  };

  void Run() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !questions_.empty(); });
      if (ending_) return;
      const Entry entry = std::move(questions_.front());
      questions_.pop_front();
      lock.unlock();
      post_(Put(entry.kind, entry.question));
    }
  }

  Event Put(Kind kind, const Question& q) {
    const Address address = SplitUrl(q.url);
    httplib::Client client(address.origin);
    if (!client.is_valid()) {
      ProbeReading reading;
      reading.error = fmt::format("'{}' is no http address", q.url);
      if (kind == Kind::Stop) return SubjectAskedToStop{q.generation, reading.error};
      return ProbeAnswered{q.generation, q.sent, reading};
    }
    client.set_connection_timeout(q.pointers.timeout);
    client.set_read_timeout(q.pointers.timeout);
    client.set_write_timeout(q.pointers.timeout);
    if (!q.token.empty()) client.set_bearer_token_auth(q.token.c_str());
    SetClient(&client, q.generation);
    Event event = kind == Kind::Stop ? PostTo(client, address, q) : GetFrom(client, address, q);
    SetClient(nullptr, {});
    return event;
  }

  static Event PostTo(httplib::Client& client, const Address& address, const Question& q) {
    const httplib::Result answer = client.Post(address.path, "", "application/json");
    std::string error;
    if (!answer) {
      error = Why(answer.error());
    } else if (answer->status / 100 != 2) {
      error = fmt::format("HTTP {}", answer->status);
    }
    return SubjectAskedToStop{q.generation, error};
  }

  static Event GetFrom(httplib::Client& client, const Address& address, const Question& q) {
    std::string body;
    const httplib::Result answer = client.Get(address.path, [&](const char* data, size_t size) {
      body.append(data, size);
      return body.size() <= kLongestBody;
    });
    ProbeReading reading;
    if (answer) {
      reading = ReadAnswer(answer->status, body, q.pointers);
    } else {
      reading.error = body.size() > kLongestBody ? "its answer has no end" : Why(answer.error());
      reading.refused = answer.error() == httplib::Error::Connection;
    }
    return ProbeAnswered{q.generation, q.sent, std::move(reading)};
  }

  void SetClient(httplib::Client* client, GenerationId generation) {
    std::lock_guard lock(mutex_);
    client_ = client;
    asking_ = generation;
  }

  std::function<void(Event)> post_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> questions_;
  httplib::Client* client_ = nullptr;  ///< of the question that is being asked
  GenerationId asking_;
  bool ending_ = false;
  std::thread thread_;
};

Prober::Prober(std::function<void(Event)> post) : impl_(std::make_unique<Impl>(std::move(post))) {}
Prober::~Prober() = default;

void Prober::Ask(Question question) {
  impl_->Add(Impl::Kind::Probe, std::move(question));
}
void Prober::AskToStop(Question question) {
  impl_->Add(Impl::Kind::Stop, std::move(question));
}
void Prober::Abandon(GenerationId generation) {
  impl_->Abandon(generation);
}

}  // namespace proctor
