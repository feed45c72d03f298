// bight::core: tasks, time and the primitives, by topic.
#pragma once

// Coroutines and how they are run
#include <bight/core/any_task.hpp>         // any_task, current_task, all_tasks
#include <bight/core/awaitable.hpp>        // awaitable<T>: what a coroutine returns
#include <bight/core/callback_handle.hpp>  // callback_handle: what call_soon, call_later and call_at return
#include <bight/core/generator.hpp>        // generator<T>: a coroutine that produces items one by one
#include <bight/core/loop.hpp>             // loop: the event loop, for those who need to name it
#include <bight/core/run.hpp>              // run, run_main: the way in
#include <bight/core/runner.hpp>           // runner: several mains on one loop
#include <bight/core/spawn_options.hpp>    // eager, named: how a task begins
#include <bight/core/task.hpp>             // spawn, task<T>, shield
#include <bight/core/task_local.hpp>       // task_local<T>: a value for a task and all that it starts

// Several at once
#include <bight/core/as_completed.hpp>      // as_completed: tasks in the order in which they end
#include <bight/core/exception_group.hpp>   // exception_group: several errors as one
#include <bight/core/gather.hpp>            // gather: await several, get all results
#include <bight/core/map_concurrent.hpp>    // map_concurrent: a range, so many at a time
#include <bight/core/race.hpp>              // race: the first that ends decides
#include <bight/core/settled.hpp>           // gather_settled: all results, the failures too
#include <bight/core/single_flight.hpp>     // single_flight: callers share the same work
#include <bight/core/supervised_group.hpp>  // supervised_group: a scope in which tasks fail each on their own
#include <bight/core/task_group.hpp>        // task_group: a scope that waits for its tasks
#include <bight/core/wait.hpp>              // wait: until some of several tasks have ended
#include <bight/core/workers.hpp>           // workers: tasks that empty a queue

// Time and cancellation
#include <bight/core/cancel.hpp>         // cancelled_error, this_task
#include <bight/core/clock.hpp>          // clock, forever
#include <bight/core/deadline.hpp>       // with_deadline: a limit for all that happens inside
#include <bight/core/finally.hpp>        // finally, with: clean-up that happens in any case
#include <bight/core/sleep.hpp>          // sleep, sleep_until, yield
#include <bight/core/timeout.hpp>        // timeout, wait_for, move_on_after
#include <bight/core/uncancellable.hpp>  // uncancellable: work that is finished in any case

// Between tasks
#include <bight/core/barrier.hpp>            // barrier: tasks that wait for each other
#include <bight/core/bounded_semaphore.hpp>  // bounded_semaphore: one that notices a release too many
#include <bight/core/broadcast.hpp>          // broadcast<T>: every subscriber gets every item
#include <bight/core/condition.hpp>          // condition: wait for a change of what a lock protects
#include <bight/core/event.hpp>              // event: a flag to wait for
#include <bight/core/future.hpp>             // future<T>, promise<T>: a result that a callback brings
#include <bight/core/latch.hpp>              // latch: a count that goes down to zero once
#include <bight/core/lifo_queue.hpp>         // lifo_queue<T>: the newest item first
#include <bight/core/lock.hpp>               // lock: one task at a time
#include <bight/core/priority_queue.hpp>     // priority_queue<T>: the least item first
#include <bight/core/queue.hpp>              // queue<T>: items from producers to consumers
#include <bight/core/semaphore.hpp>          // semaphore: a limit on concurrency
#include <bight/core/watch.hpp>              // watch<T>: the latest value, and who waits for a newer one

// Limits and second attempts
#include <bight/core/hedge.hpp>         // hedge: a second attempt when the first one is slow
#include <bight/core/pool.hpp>          // pool<T>: objects that are costly to make, lent and used again
#include <bight/core/pool_options.hpp>  // pool_options, pool_stats: limits of a pool, and what it has done
#include <bight/core/rate_limiter.hpp>  // rate_limiter: a limit on how often
#include <bight/core/retry.hpp>         // retry: attempts, backoff, deadlines
#include <bight/core/retry_budget.hpp>  // retry_budget: a limit on retries that callers share

// Beyond the loop
#include <bight/core/byte_source.hpp>        // byte_source, read_all, read_exactly
#include <bight/core/command.hpp>            // command, stdio: which program to start, and how
#include <bight/core/completed_process.hpp>  // exit_status, completed_process, process_error
#include <bight/core/loop_handle.hpp>        // loop_handle: calls from loop to loop
#include <bight/core/process_pool.hpp>       // process_pool, process_function: computing in other processes
#include <bight/core/reader.hpp>             // reader: read_line, read_until, read_exactly, peek; line_reader
#include <bight/core/readiness.hpp>          // wait_readable, wait_writable: descriptors of other libraries
#include <bight/core/sharded.hpp>            // run_sharded: a program on several loops, one per thread
#include <bight/core/shared_queue.hpp>       // shared_queue<T>: items between loops and threads
#include <bight/core/signals.hpp>            // signals: what the operating system wants to tell
#include <bight/core/subprocess.hpp>         // subprocess, run_process: other programs
#include <bight/core/thread_pool.hpp>        // thread_pool, run_in_executor: threads of one's own
#include <bight/core/to_thread.hpp>          // to_thread: blocking work on a thread

// Vocabulary
#include <bight/core/unique_function.hpp>  // unique_function: a move-only function object

// Errors and messages, and a look inside
#include <bight/core/as_result.hpp>   // as_result: system_error as a value
#include <bight/core/error.hpp>       // errc, timeout_error, ...
#include <bight/core/introspect.hpp>  // dump_tasks: who waits for what, and where
#include <bight/core/log.hpp>         // log, set_log_handler
#include <bight/core/metrics.hpp>     // metrics: counters, gauges and histograms for Prometheus

// Your own awaitable operations
#include <bight/core/awaiter.hpp>  // basic_awaiter: the protocol
