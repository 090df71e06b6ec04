#include "core/kernel/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

namespace proctor {
namespace {

using nlohmann::json;

constexpr std::string_view kDelimiter = "<IDS|MSG>";
constexpr size_t kPartsOfMessage = 5;  // signature, header, parent header, metadata, content
constexpr size_t kMostSeen = 65536;    // signatures; jupyter_client keeps as many

std::string Hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

MacContext NewHmac(std::string_view key) {
  // Looking the algorithm up costs more than signing a short message.
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  MacContext context(EVP_MAC_CTX_new(hmac));
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (!context || EVP_MAC_init(context.get(), bytes, key.size(), parameters.data()) != 1) {
    throw std::runtime_error("libcrypto has no HMAC with SHA-256");
  }
  return context;
}

/// "2026-11-21T20:10:37.012345Z"
std::string Now() {
  using namespace std::chrono;
  const auto now = time_point_cast<microseconds>(system_clock::now());
  const auto second = floor<seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(system_clock::to_time_t(second)),
                     (now - second).count());
}

std::string Text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Header(const KernelMessage& message) {
  return Dump({{"msg_id", message.id},
               {"msg_type", message.type},
               {"session", message.session},
               {"username", "proctor"},
               {"date", Now()},
               {"version", "5.3"}});
}

std::string ParentHeader(const KernelMessage& message) {
  if (message.parent_id.empty()) return "{}";
  return Dump({{"msg_id", message.parent_id}, {"msg_type", message.parent_type}});
}

bool SameInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// Errors: the signature is wrong, or was there before.
Result<void, std::string> CheckSignature(std::span<const std::string> parts, std::string_view key,
                                         SeenSignatures& seen) {
  if (key.empty()) return {};
  if (!SameInConstantTime(parts[0], Sign(key, parts[1], parts[2], parts[3], parts[4]))) {
    return Failure{std::string(
        "its signature is wrong: it was made with another key than the connection file's")};
  }
  if (!seen.Add(parts[0])) return Failure{std::string("its signature was seen before: a replay")};
  return {};
}

Result<void, std::string> ReadHeader(const std::string& text, KernelMessage& message) {
  const json header = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return Failure{std::string("its header is no JSON object")};
  message.id = Text(header, "msg_id");
  message.type = Text(header, "msg_type");
  message.session = Text(header, "session");
  if (message.id.empty()) return Failure{std::string("its header has no msg_id")};
  if (message.type.empty()) return Failure{std::string("its header has no msg_type")};
  return {};
}

/// Some kernels send null where it answers nothing.
Result<void, std::string> ReadParent(const std::string& text, KernelMessage& message) {
  const json parent = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parent.is_null()) return {};
  if (!parent.is_object()) return Failure{std::string("its parent header is no JSON object")};
  message.parent_id = Text(parent, "msg_id");
  message.parent_type = Text(parent, "msg_type");
  return {};
}

}  // namespace

std::string Sign(std::string_view key, std::string_view header, std::string_view parent,
                 std::string_view metadata, std::string_view content) {
  if (key.empty()) return {};
  const MacContext context = NewHmac(key);
  for (const std::string_view part : {header, parent, metadata, content}) {
    EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  size_t size = 0;
  EVP_MAC_final(context.get(), digest.data(), &size, digest.size());
  return Hex({digest.data(), size});
}

Frames Serialize(const KernelMessage& message, std::string_view key) {
  const bool has_metadata = !message.metadata.empty() && message.metadata != "null";
  std::string header = Header(message);
  std::string parent = ParentHeader(message);
  std::string metadata = has_metadata ? message.metadata : "{}";
  std::string content = message.content.empty() ? "{}" : message.content;
  Frames frames = message.identities;
  frames.reserve(frames.size() + 1 + kPartsOfMessage + message.buffers.size());
  frames.emplace_back(kDelimiter);
  frames.push_back(Sign(key, header, parent, metadata, content));
  frames.push_back(std::move(header));
  frames.push_back(std::move(parent));
  frames.push_back(std::move(metadata));
  frames.push_back(std::move(content));
  frames.insert(frames.end(), message.buffers.begin(), message.buffers.end());
  return frames;
}

bool SeenSignatures::Add(std::string signature) {
  if (!seen_.insert(signature).second) return false;
  order_.push_back(std::move(signature));
  if (order_.size() > kMostSeen) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

Result<KernelMessage, std::string> Parse(const Frames& frames, std::string_view key,
                                         SeenSignatures& seen) {
  const auto delimiter = std::find(frames.begin(), frames.end(), kDelimiter);
  if (delimiter == frames.end()) return Failure{fmt::format("it has no {} frame", kDelimiter)};
  const std::span<const std::string> parts(delimiter + 1, frames.end());
  if (parts.size() < kPartsOfMessage) {
    return Failure{fmt::format("it has {} frames after {} where {} belong", parts.size(),
                               kDelimiter, kPartsOfMessage)};
  }
  if (auto checked = CheckSignature(parts, key, seen); !checked) return Failure{checked.error()};
  KernelMessage message;
  if (auto read = ReadHeader(parts[1], message); !read) return Failure{read.error()};
  if (auto read = ReadParent(parts[2], message); !read) return Failure{read.error()};
  message.metadata = parts[3];
  message.content = parts[4];
  message.identities.assign(frames.begin(), delimiter);
  message.buffers.assign(parts.begin() + kPartsOfMessage, parts.end());
  return message;
}

std::string NewKernelId() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return Hex(bytes);
}

}  // namespace proctor
