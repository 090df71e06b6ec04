#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "core/base/cow_vector.h"
#include "core/base/inbox.h"
#include "core/base/latest.h"
#include "core/base/result.h"

using namespace proctor;

TEST_CASE("a copied CowVector keeps what it had when the original changes") {
  CowVector<int, 4> numbers;
  for (int i = 0; i < 10; ++i) numbers.push_back(i);
  const CowVector<int, 4> copy = numbers;
  numbers.Edit(2) = 99;
  numbers.push_back(10);
  CHECK(copy[2] == 2);
  CHECK(copy.size() == 10);
  CHECK(numbers[2] == 99);
  CHECK(numbers.size() == 11);
}

TEST_CASE("a change after a copy copies its chunk and shares the others") {
  CowVector<int, 4> numbers;
  for (int i = 0; i < 12; ++i) numbers.push_back(i);
  const CowVector<int, 4> copy = numbers;
  numbers.Edit(0) = 7;
  CHECK(&numbers[0] != &copy[0]);
  CHECK(&numbers[4] == &copy[4]);
  const int* const owned = &numbers[0];
  numbers.Edit(1) = 8;
  CHECK(&numbers[0] == owned);
}

TEST_CASE("a copy may be changed too, without the original seeing it") {
  CowVector<int, 4> original;
  original.push_back(1);
  CowVector<int, 4> copy = original;
  copy.Edit(0) = 2;
  CHECK(original[0] == 1);
}

TEST_CASE("the oldest chunk can be dropped") {
  CowVector<int, 4> numbers;
  for (int i = 0; i < 9; ++i) numbers.push_back(i);
  numbers.DropOldestChunk();
  CHECK(numbers.size() == 5);
  CHECK(numbers[0] == 4);
  numbers.push_back(9);
  CHECK(numbers[5] == 9);
}

TEST_CASE("an inbox wakes once for all that comes before it is emptied, and keeps the order") {
  int woken = 0;
  Inbox<int> inbox([&] { ++woken; });
  inbox.Post(1);
  inbox.Post(2);
  CHECK(woken == 1);
  CHECK(inbox.TakeAll() == std::vector<int>{1, 2});
  CHECK(inbox.TakeAll().empty());
  inbox.Post(3);
  CHECK(woken == 2);
}

TEST_CASE("nothing that several threads post is lost") {
  std::atomic<int> woken = 0;
  Inbox<int> inbox([&] { ++woken; });
  size_t taken = 0;
  {
    std::jthread a([&] {
      for (int i = 0; i < 5000; ++i) inbox.Post(i);
    });
    std::jthread b([&] {
      for (int i = 0; i < 5000; ++i) inbox.Post(i);
    });
    while (taken < 10000) taken += inbox.TakeAll().size();
  }
  CHECK(taken == 10000);
  CHECK(woken > 0);
}

TEST_CASE("Latest hands out the newest value, and waits for a newer one") {
  Latest<const int> latest;
  CHECK(latest.Read().value == nullptr);
  latest.Publish(std::make_shared<const int>(1));
  CHECK(*latest.Read().value == 1);
  std::jthread publisher([&] { latest.Publish(std::make_shared<const int>(2)); });
  const auto newer = latest.WaitNewer(1, std::chrono::seconds(10));
  CHECK(newer.version == 2);
  CHECK(*newer.value == 2);
}

TEST_CASE("a wait for what does not come ends with the version that was seen") {
  Latest<const int> latest;
  latest.Publish(std::make_shared<const int>(1));
  CHECK(latest.WaitNewer(1, std::chrono::milliseconds(1)).version == 1);
}

TEST_CASE("a Result holds a value or an error") {
  const auto half = [](int n) -> Result<int, std::string> {
    if (n % 2) return Failure{std::string("odd")};
    return n / 2;
  };
  CHECK(*half(4) == 2);
  CHECK(half(3).error() == "odd");
  CHECK_FALSE(half(3));
}
