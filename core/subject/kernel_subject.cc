#include "core/subject/kernel_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "core/process/environment.h"

namespace proctor {

/// The probe that waits for the kernel to become what it asks for.
struct KernelSubject::Waiting {
  explicit Waiting(std::function<void(Event)> given) : post(std::move(given)) {}

  std::mutex mutex;
  std::optional<SendProbe> probe;
  const std::function<void(Event)> post;

  void Set(const SendProbe& wanted) {
    std::lock_guard lock(mutex);
    probe = wanted;
  }
  /// The probe, where it waits for that.
  std::optional<SendProbe> Take(const std::function<bool(const SendProbe&)>& is_met) {
    std::lock_guard lock(mutex);
    if (!probe || !is_met(*probe)) return std::nullopt;
    return std::exchange(probe, std::nullopt);
  }
  void Forget() {
    std::lock_guard lock(mutex);
    probe.reset();
  }
};

namespace {

ProbeReading Good() {
  ProbeReading reading;
  reading.status = 200;
  reading.healthy = true;
  return reading;
}

ProbeReading Bad(std::string why) {
  ProbeReading reading;
  reading.error = std::move(why);
  return reading;
}

/// Whether the kernel is what the probe asks for; a heartbeat comes besides.
bool IsMet(const SessionView& view, const SendProbe& probe) {
  const KernelActivity activity = view.status.activity;
  if (probe.purpose == ProbeFor::Ready) {
    return activity == KernelActivity::Idle || activity == KernelActivity::Busy;
  }
  return activity == KernelActivity::Idle && view.in_flight == 0;
}

}  // namespace

KernelSubject::KernelSubject(KernelHost& host, std::function<void(Event)> post, Place place,
                             KernelLaunch launch, const SubjectConfig& subject)
    : host_(host),
      post_(post),
      place_(std::move(place)),
      launch_(std::move(launch)),
      sandbox_(subject.sandbox),
      ready_timeout_(subject.ready.timeout),
      waiting_(std::make_shared<Waiting>(std::move(post))) {}

KernelSubject::~KernelSubject() {
  waiting_->Forget();
}

Result<std::unique_ptr<KernelSubject>, std::string> KernelSubject::Prepare(
    KernelHost& host, std::function<void(Event)> post, const SubjectConfig& subject, Place place,
    const Environment& environment) {
  auto launch = PrepareKernel(subject.kernel, subject.sandbox, place.config_dir, place.folder,
                              place.workspace, place.cwd, environment);
  if (!launch) return Failure{launch.error()};
  return std::unique_ptr<KernelSubject>(
      new KernelSubject(host, std::move(post), std::move(place), std::move(*launch), subject));
}

void KernelSubject::AddTo(Environment& environment) const {
  for (const std::string& name : launch_.unset) Unset(environment, name);
  for (const auto& entry : launch_.env) Set(environment, entry.first, entry.second);
}

std::string KernelSubject::id() const {
  return fmt::format("g{}", place_.generation.value);
}

Result<void, std::string> KernelSubject::Connect(int pid, std::function<void()> send_sigint) {
  KernelHost::Adopted kernel;
  kernel.generation = place_.generation.value;
  kernel.spec = launch_.spec;
  kernel.connection = launch_.connection;
  kernel.cwd = place_.cwd;
  kernel.connection_file = launch_.connection_file;
  kernel.log = place_.log;
  kernel.sandbox = sandbox_;
  kernel.pid = pid;
  kernel.send_sigint = std::move(send_sigint);
  kernel.ready_timeout = ready_timeout_;
  kernel.on_change = [waiting = waiting_](const SessionView& view) {
    const auto probe = waiting->Take([&](const SendProbe& p) { return IsMet(view, p); });
    if (probe) waiting->post(ProbeAnswered{probe->generation, probe->sent, Good()});
  };
  auto session = host_.Adopt(std::move(kernel));
  if (!session) return Failure{session.error()};
  session_ = std::move(*session);
  return {};
}

void KernelSubject::Probe(const SendProbe& probe, Millis timeout) {
  const auto answer = [post = post_, probe](ProbeReading reading) {
    post(ProbeAnswered{probe.generation, probe.sent, std::move(reading)});
  };
  const auto client = session_ ? session_->client() : nullptr;
  if (!client) return answer(Bad("the kernel is gone"));
  if (probe.purpose == ProbeFor::Ready) {
    if (IsMet(*session_->view(), probe)) return answer(Good());
    waiting_->Set(probe);
    // It may have become so just now, before anybody waited for it.
    const auto view = session_->view();
    if (waiting_->Take([&](const SendProbe& p) { return IsMet(*view, p); })) answer(Good());
    return;
  }
  client->Beat(timeout, [waiting = waiting_, session = std::weak_ptr(session_), probe,
                         answer](const Result<std::string, std::string>& beat) {
    if (!beat) return answer(Bad(beat.error()));
    if (probe.purpose == ProbeFor::Health) return answer(Good());
    const auto held = session.lock();
    if (!held) return answer(Bad("the kernel is gone"));
    waiting->Set(probe);
    const auto view = held->view();
    if (waiting->Take([&](const SendProbe& p) { return IsMet(*view, p); })) answer(Good());
  });
}

void KernelSubject::Abandon() {
  waiting_->Forget();
}

void KernelSubject::AskToStop(Millis grace) {
  const auto client = session_ ? session_->client() : nullptr;
  const auto tell = [post = post_, generation = place_.generation](std::string error) {
    post(SubjectAskedToStop{generation, std::move(error)});
  };
  if (!client) return tell("the kernel is gone");
  client->Shutdown(/*restart=*/false, grace, [tell](const Result<std::string, std::string>& reply) {
    tell(reply ? std::string() : reply.error());
  });
}

void KernelSubject::NoteEnd(const std::string& why) {
  waiting_->Forget();
  host_.NoteEnd(place_.generation.value, why);
  RemoveSocketFiles(launch_.connection);
}

}  // namespace proctor
