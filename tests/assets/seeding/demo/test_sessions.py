import polars as pl

from assets.seeding.demo import Platform


def test_sessions_live_expired_and_were_revoked(platform: Platform) -> None:
    sessions = platform.user_sessions
    expired = pl.col("expires_at") < platform.days.end

    assert sessions.filter(expired).height > 0
    assert sessions.filter(~expired, pl.col("is_active")).height > 0
    assert sessions.filter(~expired, ~pl.col("is_active")).height > 0
    assert (sessions["expires_at"] < platform.days.end.replace(month=2, day=1)).any()


def test_sessions_are_used_while_they_live(platform: Platform) -> None:
    sessions = platform.user_sessions

    assert (sessions["last_used_at"] >= sessions["created_at"]).all()
    assert (sessions["last_used_at"] < sessions["expires_at"]).all()


def test_the_last_sign_in_is_the_newest_session(platform: Platform) -> None:
    newest = platform.user_sessions.group_by(id="user_id").agg(pl.col("created_at").max())
    users = platform.users.join(newest, on="id", how="left", suffix="_session")

    assert users["last_login_at"].equals(users["created_at_session"].alias("last_login_at"))


def test_tokens_are_hashes_and_never_repeat(platform: Platform) -> None:
    for hashes in (
        platform.user_sessions["refresh_token_hash"],
        platform.password_reset_tokens["token_hash"],
    ):
        assert hashes.str.contains("^[0-9a-f]{64}$").all()
        assert hashes.n_unique() == len(hashes)


def test_reset_tokens_are_used_in_time_or_never(platform: Platform) -> None:
    tokens = platform.password_reset_tokens
    used = tokens.drop_nulls("used_at")

    assert 0 < len(used) < len(tokens)
    assert (used["used_at"] < used["expires_at"]).all()
    assert (used["used_at"] >= used["created_at"]).all()


def test_addresses_are_nobodys(platform: Platform) -> None:
    documentation = r"^(192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8::)\d+$"

    assert platform.user_sessions["ip_address"].str.contains(documentation).all()
