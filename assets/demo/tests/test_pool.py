"""The pool of I/O threads. Its last test shuts the pool, passes, and leaves it shut."""


def test_a_job_is_done(demo):
    assert demo.do("job", text="index").json() == {"result": "done: index"}


def test_the_program_says_that_its_pool_lives(demo):
    assert demo.gui.health().raw["io_pool_alive"] is True


def test_a_shut_pool_takes_no_jobs(demo):
    demo.break_it("shut_pool")
    assert demo.do("job").status == 503
