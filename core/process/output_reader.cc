#include "core/process/output_reader.h"

#include <uv.h>

#include <array>

namespace proctor {

/// What libuv, and a callback that is running, may still touch when the reader is
/// gone.
struct OutputReader::Stream {
  enum class State { Open, Closing, Closed };

  uv_pipe_t pipe{};
  uv_timer_t timer{};  ///< ends a breather
  int open_handles = 2;
  uint64_t breather_ms = 0;
  Callbacks callbacks;
  State state = State::Open;
  bool orphaned = false;  ///< the reader is gone: nothing is called any more
  std::array<char, 65536> buffer;

  void Close() {
    if (state != State::Open) return;
    state = State::Closing;
    const auto on_closed = [](uv_handle_t* handle) {
      static_cast<Stream*>(handle->data)->OnClosed();
    };
    uv_close(reinterpret_cast<uv_handle_t*>(&pipe), on_closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer), on_closed);
  }

  int Listen() {
    const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* into) {
      auto* self = static_cast<Stream*>(handle->data);
      *into = uv_buf_init(self->buffer.data(), static_cast<unsigned>(self->buffer.size()));
    };
    const auto on_read = [](uv_stream_t* handle, ssize_t size, const uv_buf_t*) {
      static_cast<Stream*>(handle->data)->OnRead(size);
    };
    return uv_read_start(reinterpret_cast<uv_stream_t*>(&pipe), give_buffer, on_read);
  }

  void TakeBreather() {
    if (breather_ms == 0 || state != State::Open) return;
    uv_read_stop(reinterpret_cast<uv_stream_t*>(&pipe));
    uv_timer_start(
        &timer, [](uv_timer_t* handle) { static_cast<Stream*>(handle->data)->Listen(); },
        breather_ms, 0);
  }

  void OnRead(ssize_t size) {
    if (size < 0) {
      Close();
    } else if (size > 0 && !orphaned) {
      callbacks.on_chunk(std::string_view(buffer.data(), static_cast<size_t>(size)));
      TakeBreather();
    }
  }

  void OnClosed() {
    if (--open_handles > 0) return;
    state = State::Closed;
    if (orphaned) {
      delete this;
      return;
    }
    const std::function<void()> on_end = std::move(callbacks.on_end);
    on_end();  // which may destroy the reader, and with it this
  }
};

OutputReader::OutputReader(uv_loop_s* loop, Fd fd, Callbacks callbacks, Breather breather)
    : stream_(new Stream) {
  stream_->callbacks = std::move(callbacks);
  stream_->breather_ms = static_cast<uint64_t>(breather);
  uv_pipe_init(loop, &stream_->pipe, 0);
  uv_timer_init(loop, &stream_->timer);
  stream_->pipe.data = stream_->timer.data = stream_;
  const bool opened = uv_pipe_open(&stream_->pipe, fd.get()) == 0;
  if (opened) fd.Release();
  if (!opened || stream_->Listen() != 0) stream_->Close();
}

OutputReader::~OutputReader() {
  stream_->orphaned = true;
  if (stream_->state == Stream::State::Closed) {
    delete stream_;
  } else {
    stream_->Close();
  }
}

}  // namespace proctor
