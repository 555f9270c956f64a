//! What a load balancer asks.

use crate::app::on_both_databases;

on_both_databases! {
    async fn alive_and_ready(app: TestApp) {
        for (path, body) in [("/healthz", "alive\n"), ("/readyz", "ready\n")] {
            let answer = app.client().get(path).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, body));
            assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        }
    }

    async fn alive_but_not_ready_without_its_database(app: TestApp) {
        app.storage.close().await;
        assert_eq!(app.client().get("/healthz").await.status, 200);
        let answer = app.client().wanting_json().get("/readyz").await;
        assert_eq!((answer.status, answer.body.as_str()), (503, "the database does not answer\n"));
    }
}
