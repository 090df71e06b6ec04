// Messages on the wire: signed, parsed, refused.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "core/kernel/message.h"
#include "core/kernel/request.h"

using namespace proctor;
using nlohmann::json;

namespace {

constexpr std::string_view kKey = "a0436f6c-1916-498b-8eb9-e81ab9368e84";

KernelMessage Request() {
  return {.type = "execute_request",
          .id = "m1",
          .session = "s1",
          .parent_id = "p1",
          .parent_type = "input_request",
          .content = R"({"code":"1+1"})",
          .identities = {"id-a", std::string("\0\xff", 2)},
          .buffers = {"one", std::string("\0two", 4)}};
}

std::string ErrorOf(const Frames& frames, std::string_view key = kKey) {
  SeenSignatures seen;
  const auto parsed = Parse(frames, key, seen);
  return parsed ? std::string() : parsed.error();
}

/// Frames of a message with this header and parent header, rightly signed.
Frames Signed(const std::string& header, const std::string& parent = "{}") {
  return {"<IDS|MSG>", Sign(kKey, header, parent, "{}", "{}"), header, parent, "{}", "{}"};
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the signature is the HMAC of the four frames, one after the other") {
  // python3 -c 'import hmac; print(hmac.new(b"key", b"header" b"parent" b"metadata" b"content",
  // "sha256").hexdigest())'
  CHECK(Sign("key", "header", "parent", "metadata", "content") ==
        "d83c5c76c2e1f6da0587e480646b0a65ad9427e3e5fffbfb46d761b101960335");
  CHECK(Sign("key", "", "", "", "") ==
        "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0");
  const std::string long_key(200, 'k');
  CHECK(Sign(long_key, "h", "p", "m", "c") ==
        "2ea05a1c4c1301e4122d8c0b8dc8f8236fb5ce333ec6992804193691c7994f78");
}

TEST_CASE("an empty key signs with nothing") {
  CHECK(Sign("", "header", "parent", "metadata", "content").empty());
  const Frames frames = Serialize(Request(), "");
  CHECK(frames[3].empty());
  SeenSignatures seen;
  CHECK(Parse(frames, "", seen));
  CHECK(Parse(frames, "", seen));  // no signature, no replay
}

TEST_CASE("what was sent is read as it was") {
  SeenSignatures seen;
  const KernelMessage sent = Request();
  const auto read = Parse(Serialize(sent, kKey), kKey, seen);
  REQUIRE(read);
  CHECK(read->type == sent.type);
  CHECK(read->id == sent.id);
  CHECK(read->session == sent.session);
  CHECK(read->parent_id == sent.parent_id);
  CHECK(read->parent_type == sent.parent_type);
  CHECK(read->content == sent.content);
  CHECK(read->metadata == "{}");
  CHECK(read->identities == sent.identities);
  CHECK(read->buffers == sent.buffers);
}

TEST_CASE("the header says who, when and in which version") {
  const Frames frames = Serialize(Request(), kKey);
  REQUIRE(frames.size() == 10);
  CHECK(frames[2] == "<IDS|MSG>");
  const json header = json::parse(frames[4]);
  CHECK(header["msg_id"] == "m1");
  CHECK(header["msg_type"] == "execute_request");
  CHECK(header["session"] == "s1");
  CHECK(header["username"] == "proctor");
  CHECK(header["version"] == "5.3");
  const std::string date = header["date"];
  CHECK(date.size() == std::string("2026-11-21T20:10:37.012345Z").size());
  CHECK(date.starts_with("20"));
  CHECK(date[10] == 'T');
  CHECK(date[19] == '.');
  CHECK(date.back() == 'Z');
}

TEST_CASE("metadata is never null or nothing, which a kernel would drop without a word") {
  for (const char* metadata : {"", "null", "{}"}) {
    KernelMessage message = Request();
    message.metadata = metadata;
    message.parent_id.clear();
    const Frames frames = Serialize(message, kKey);
    CHECK(frames[5] == "{}");  // the parent header of what answers nothing
    CHECK(frames[6] == "{}");
  }
}

TEST_CASE("a message of many megabytes and odd bytes goes through") {
  KernelMessage message = Request();
  message.id = "caf\xc3\xa9";
  message.content = "{\"code\":\"" + std::string(5'000'000, 'x') + "\"}";
  SeenSignatures seen;
  const auto read = Parse(Serialize(message, kKey), kKey, seen);
  REQUIRE(read);
  CHECK(read->content == message.content);
  CHECK(read->id == message.id);
}

TEST_CASE("a message without its delimiter, or with too few frames, is refused") {
  CHECK(Contains(ErrorOf({}), "no <IDS|MSG> frame"));
  CHECK(Contains(ErrorOf({"a", "b"}), "no <IDS|MSG> frame"));
  CHECK(Contains(ErrorOf({"<IDS|MSG>"}), "0 frames after <IDS|MSG> where 5 belong"));
  Frames frames = Serialize(Request(), kKey);
  frames.resize(7);
  CHECK(Contains(ErrorOf(frames), "4 frames"));
}

TEST_CASE("a byte changed in any signed frame is found; buffers are not signed") {
  const Frames frames = Serialize(Request(), kKey);
  for (size_t frame = 3; frame < 8; ++frame) {
    Frames changed = frames;
    changed[frame].back() ^= 1;
    CAPTURE(frame);
    CHECK(Contains(ErrorOf(changed), "its signature is wrong"));
  }
  Frames changed = frames;
  changed[8] = "another";
  CHECK(ErrorOf(changed).empty());
}

TEST_CASE("another key, a signature cut short, and none are refused") {
  Frames frames = Serialize(Request(), "another key");
  CHECK(Contains(ErrorOf(frames), "its signature is wrong"));
  frames = Serialize(Request(), kKey);
  frames[3].pop_back();
  CHECK(Contains(ErrorOf(frames), "its signature is wrong"));
  frames[3].clear();
  CHECK(Contains(ErrorOf(frames), "its signature is wrong"));
}

TEST_CASE("a signature that comes again is a replay; a forged one is not remembered") {
  SeenSignatures seen;
  const Frames frames = Serialize(Request(), kKey);
  Frames forged = frames;
  forged[7] = "{}";
  REQUIRE_FALSE(Parse(forged, kKey, seen));
  REQUIRE(Parse(frames, kKey, seen));
  const auto again = Parse(frames, kKey, seen);
  REQUIRE_FALSE(again);
  CHECK(Contains(again.error(), "a replay"));
}

TEST_CASE("65,536 signatures are remembered, and the oldest is forgotten first") {
  SeenSignatures seen;
  for (int i = 0; i < 65536; ++i) REQUIRE(seen.Add(std::to_string(i)));
  CHECK_FALSE(seen.Add("0"));
  CHECK(seen.Add("one more"));
  CHECK(seen.Add("0"));
  CHECK_FALSE(seen.Add("2"));
}

TEST_CASE("a header that is none is an error and nothing worse") {
  CHECK(Contains(ErrorOf(Signed("")), "its header is no JSON object"));
  CHECK(Contains(ErrorOf(Signed("null")), "its header is no JSON object"));
  CHECK(Contains(ErrorOf(Signed("[1]")), "its header is no JSON object"));
  CHECK(Contains(ErrorOf(Signed("{\"msg_id\":\"\xff\"}")), "its header is no JSON object"));
  CHECK(Contains(ErrorOf(Signed(std::string(100'000, '['))), "its header is no JSON object"));
  CHECK(Contains(ErrorOf(Signed("{}")), "no msg_id"));
  CHECK(Contains(ErrorOf(Signed(R"({"msg_id":7,"msg_type":"x"})")), "no msg_id"));
  CHECK(Contains(ErrorOf(Signed(R"({"msg_id":"a"})")), "no msg_type"));
  CHECK(Contains(ErrorOf(Signed(R"({"msg_id":"a","msg_type":null})")), "no msg_type"));
}

TEST_CASE("a parent header may be empty or null; what is no object is refused") {
  const std::string header = R"({"msg_id":"a","msg_type":"status"})";
  for (const char* parent : {"{}", "null", R"({"msg_id":5})"}) {
    SeenSignatures seen;
    const auto read = Parse(Signed(header, parent), kKey, seen);
    REQUIRE(read);
    CHECK(read->parent_id.empty());
    CHECK(read->session.empty());
  }
  CHECK(Contains(ErrorOf(Signed(header, "7")), "its parent header is no JSON object"));
  CHECK(Contains(ErrorOf(Signed(header, "{")), "its parent header is no JSON object"));
}

TEST_CASE("any bytes are an error or a message") {
  std::mt19937 random(7);
  const std::string alphabet = "{}[]\":,msg_idtype \\u0\xff\x80\n\0";
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    Frames frames(random() % 8);
    for (std::string& frame : frames) {
      const size_t length = random() % 40;
      for (size_t i = 0; i < length; ++i) frame += alphabet[random() % alphabet.size()];
      if (random() % 4 == 0) frame = "<IDS|MSG>";
    }
    for (const std::string_view key : {std::string_view(), kKey}) {
      refused += ErrorOf(frames, key).empty() ? 0 : 1;
    }
  }
  CHECK(refused == 4000);
}

TEST_CASE("ids are 32 hex digits, and no two are alike") {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewKernelId();
    CHECK(id.size() == 32);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    ids.insert(id);
  }
  CHECK(ids.size() == 1000);
}

TEST_CASE("ends and chunks have the words that HTTP and Python use") {
  CHECK(ToString(RequestEnd::Ok) == "ok");
  CHECK(ToString(RequestEnd::Error) == "error");
  CHECK(ToString(RequestEnd::Interrupted) == "interrupted");
  CHECK(ToString(RequestEnd::TimedOut) == "timed_out");
  CHECK(ToString(RequestEnd::KernelDied) == "kernel_died");
  CHECK(ToString(ChunkKind::Stream) == "stream");
  CHECK(ToString(ChunkKind::Result) == "result");
  CHECK(ToString(ChunkKind::Display) == "display");
  CHECK(ToString(ChunkKind::Update) == "update");
  CHECK(ToString(ChunkKind::Clear) == "clear");
  CHECK(ToString(ChunkKind::Error) == "error");
  CHECK(ToString(ChunkKind::Input) == "input");
}
