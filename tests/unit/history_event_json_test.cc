#include "core/history/event_json.h"

#include <doctest/doctest.h>

#include <type_traits>

#include "core/history/event_fields.h"
#include "core/history/event_words.h"

namespace proctor {
namespace {

/// Gives every member a value of its own that is not its default.
class Filler {
 public:
  template <typename T>
  using Ref = T&;

  template <typename T>
  void operator()(std::string_view, T& value) {
    Fill(value);
  }
  void Fill(bool& value) { value = true; }
  void Fill(std::string& text) {
    text = "text \"" + std::to_string(++count_) + "\"\\\n\t\x01 é \xf0\x9f\x98\x80";
  }
  void Fill(std::filesystem::path& path) { path = "/tmp/a path/" + std::to_string(++count_); }
  void Fill(Millis& duration) { duration = Millis(++count_); }
  void Fill(Time& time) { time.since_start = std::chrono::nanoseconds(123456789 + ++count_); }
  void Fill(uint64_t& number) { number = (uint64_t{1} << 63) + ++count_; }
  template <typename Tag>
  void Fill(Id<Tag>& id) {
    id.value = ++count_;
  }
  template <typename T>
  requires std::is_enum_v<T>
  void Fill(T& value) { value = static_cast<T>(1); }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Fill(T& number) {
    number = static_cast<T>(-++count_);
    if constexpr (std::is_floating_point_v<T>) number /= 7;
  }
  template <typename T>
  void Fill(std::optional<T>& value) {
    Fill(value.emplace());
  }
  template <typename T>
  void Fill(std::vector<T>& items) {
    items.clear();
    for (int i = 0; i < 2; ++i) Fill(items.emplace_back());
  }
  void Fill(std::pair<std::string, std::string>& pair) {
    Fill(pair.first);
    Fill(pair.second);
  }
  void Fill(std::shared_ptr<const Config>& config) {
    auto filled = std::make_shared<Config>();
    Fill(*filled);
    config = std::move(filled);
  }
  template <typename T>
  requires std::is_aggregate_v<T>
  void Fill(T& record) { Members(*this, record); }

 private:
  int count_ = 0;
};

/// Members and their values in a row, without the help of what is tested.
class Flattener {
 public:
  template <typename T>
  using Ref = const T&;

  std::string text;

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    text += std::string(name) + "=";
    Add(value);
    text += ";";
  }
  void Add(const std::string& value) { text += value; }
  void Add(const std::filesystem::path& path) { text += path.string(); }
  void Add(Millis duration) { text += std::to_string(duration.count()); }
  void Add(Time time) { text += std::to_string(time.since_start.count()); }
  template <typename Tag>
  void Add(Id<Tag> id) {
    text += std::to_string(id.value);
  }
  template <typename T>
  requires std::is_enum_v<T>
  void Add(T value) { text += std::to_string(static_cast<int>(value)); }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Add(T number) { text += std::to_string(number); }
  template <typename T>
  void Add(const std::optional<T>& value) {
    value ? Add(*value) : void(text += "none");
  }
  template <typename T>
  void Add(const std::vector<T>& items) {
    for (const T& item : items) {
      text += "-";
      Add(item);
    }
  }
  void Add(const std::pair<std::string, std::string>& pair) { text += pair.first + pair.second; }
  void Add(const std::shared_ptr<const Config>& config) {
    config ? Add(*config) : void(text += "none");
  }
  template <typename T>
  requires std::is_aggregate_v<T>
  void Add(const T& record) {
    text += "{";
    Members(*this, record);
    text += "}";
  }
};

std::string Flat(const Stamped& stamped) {
  Flattener flat;
  flat("seq", stamped.seq);
  flat("at", stamped.at);
  std::visit([&](const auto& e) { flat(NameOf(&e), e); }, stamped.event);
  return flat.text;
}

/// Calls `check` with each alternative of Event, empty and filled.
template <typename Check, size_t... I>
void ForEachEvent(const Check& check, std::index_sequence<I...>) {
  const auto both = [&](auto event) {
    check(Stamped{.seq = 7, .at = {std::chrono::nanoseconds(12'345'678)}, .event = event});
    Filler filler;
    filler.Fill(event);
    check(Stamped{.seq = 8, .at = {std::chrono::nanoseconds(1)}, .event = std::move(event)});
  };
  (both(std::variant_alternative_t<I, AnyEvent>{}), ...);
}

std::string ErrorOf(std::string_view line) {
  const auto read = EventFromJson(line);
  return read ? "" : read.error();
}

}  // namespace

TEST_CASE("every event comes back from its line as it was") {
  int checked = 0;
  const auto check = [&](const Stamped& before) {
    const std::string line = EventToJson(before);
    INFO(line);
    CHECK(line.find('\n') == line.npos);
    const auto after = EventFromJson(line);
    REQUIRE_MESSAGE(after.has_value(), after.error());
    CHECK(after->event.index() == before.event.index());
    CHECK(Flat(*after) == Flat(before));
    ++checked;
  };
  ForEachEvent(check, std::make_index_sequence<std::variant_size_v<AnyEvent>>());
  CHECK(checked == 2 * static_cast<int>(std::variant_size_v<AnyEvent>));
}

TEST_CASE("a line has sequence, time and type, then the members by their names") {
  CHECK(EventToJson({.seq = 7,
                     .at = {std::chrono::microseconds(12345)},
                     .event = TestFinished{.worker = {1}, .test = "a.py::test_x"}}) ==
        R"({"seq":7,"at_ms":12.345,"type":"TestFinished","worker":1,"test":"a.py::test_x"})");
  CHECK(EventToJson({.seq = 8,
                     .event = SubjectGranted{.worker = {1},
                                             .test = "t",
                                             .generation = {2},
                                             .note = FileNote{NoteKind::Respawned, "why"}}}) ==
        R"({"seq":8,"at_ms":0,"type":"SubjectGranted","worker":1,"test":"t","generation":2,)"
        R"("note":{"kind":"respawned","reason":"why"},"respawn":""})");
  CHECK(EventToJson({.seq = 9, .event = TestNotRun{.test = "t"}}) ==
        R"({"seq":9,"at_ms":0,"type":"TestNotRun","test":"t","reason":""})");
}

TEST_CASE("a subject's token is never written") {
  SubjectSpawned spawned{.generation = {1}, .pid = 5, .url = "http://x", .token = "s3cret"};
  const std::string line = EventToJson({.seq = 1, .event = spawned});
  CHECK(line.find("s3cret") == line.npos);
  CHECK(line.find("token") == line.npos);
  CHECK(line.find("\"pid\":5") != line.npos);
}

TEST_CASE("bytes that are not UTF-8 become replacement characters") {
  const std::string line =
      EventToJson({.seq = 1, .event = OutputReceived{.text = std::string("a\xff\0z\xc3", 5)}});
  const auto read = EventFromJson(line);
  REQUIRE(read.has_value());
  CHECK(std::get<OutputReceived>(read->event).text ==
        std::string("a\xef\xbf\xbd\0z\xef\xbf\xbd", 9));
}

TEST_CASE("a number that JSON has no word for is written as zero") {
  const std::string line = EventToJson({.event = PhaseFinished{.duration_ms = 0.0 / 0.0}});
  CHECK(line.find("\"duration_ms\":0,") != line.npos);
}

TEST_CASE("a line without a member leaves it at its default") {
  const auto read = EventFromJson(R"({"seq":1,"type":"WorkerStartupFailed","future":[1]})");
  REQUIRE(read.has_value());
  CHECK(std::get<WorkerStartupFailed>(read->event).exit_code == 4);
}

TEST_CASE("what is no event is told in a sentence") {
  CHECK(ErrorOf("") == "not a JSON object");
  CHECK(ErrorOf("[1]") == "not a JSON object");
  CHECK(ErrorOf("{\"seq\":1") == "not a JSON object");
  CHECK(ErrorOf("{}") == "the event has no 'type'");
  CHECK(ErrorOf(R"({"type":"TestExploded"})") == "there is no event called 'TestExploded'");
  CHECK(ErrorOf(R"({"type":"TestFinished","test":5})") == "TestFinished: 'test' cannot be 5");
  CHECK(ErrorOf(R"({"type":"WorkerSpawned","pid":99999999999})") ==
        "WorkerSpawned: 'pid' cannot be 99999999999");
  CHECK(ErrorOf(R"({"type":"WorkerSpawned","worker":-1})") ==
        "WorkerSpawned: 'worker' cannot be -1");
  CHECK(ErrorOf(R"({"type":"PhaseFinished","phase":"lunch"})") ==
        "PhaseFinished: 'phase' cannot be \"lunch\"");
  CHECK(ErrorOf(R"({"type":"SubjectGranted","note":{"kind":"old"}})") ==
        "SubjectGranted: 'kind' cannot be \"old\"");
}

TEST_CASE("every word is read back as the value that it stands for") {
  const auto all = []<typename Enum>(Enum last) {
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      CHECK(FromWord<Enum>(ToWord(static_cast<Enum>(i))) == static_cast<Enum>(i));
    }
    CHECK(ToWord(static_cast<Enum>(static_cast<int>(last) + 1)).empty());
    CHECK(!FromWord<Enum>(""));
  };
  all(StopMode::Now);
  all(TestPhase::Teardown);
  all(PhaseOutcome::Skipped);
  all(SpawnCause::Spare);
  all(Fixtures::Fresh);
  all(Release::Aside);
  all(TimerKind::StopRung);
  all(OutputSource::Subject);
  all(SubjectKind::Kernel);
  all(Display::Inherit);
  all(Runner::Command);
}

}  // namespace proctor
