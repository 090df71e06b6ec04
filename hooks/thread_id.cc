#include "hooks/thread_id.h"

#include <unistd.h>

namespace proctor::hooks {

int ThreadId() {
  thread_local const int id = gettid();
  return id;
}

}  // namespace proctor::hooks
