import polars as pl

from assets.seeding.demo import Platform


def test_names_and_addresses_are_unique_and_fit_their_columns(platform: Platform) -> None:
    users = platform.users

    assert users["username"].n_unique() == users["email"].n_unique() == len(users)
    assert users["username"].str.len_chars().max() <= 50  # type: ignore[operator]
    assert users["full_name"].str.len_chars().max() <= 100  # type: ignore[operator]
    assert users["email"].str.ends_with("@example.invalid").all()


def test_most_names_are_readable_and_some_try_every_form(platform: Platform) -> None:
    names = platform.users["username"]

    assert names.str.contains(r"^[a-z]+\.[a-z]+\d*$").mean() > 0.95  # type: ignore[operator]
    for part in ("<script>", "أمل", "🌻", "'", "=HYPERLINK", "{{"):
        assert names.str.contains(part, literal=True).any(), part


def test_accounts_with_unusual_names_post(platform: Platform) -> None:
    hostile = platform.users.filter(pl.col("username").str.contains("<script>", literal=True))

    assert not platform.posts.join(hostile, left_on="user_id", right_on="id").is_empty()


def test_passwords_look_like_bcrypt(platform: Platform) -> None:
    assert platform.users["password_hash"].str.contains(r"^\$2b\$12\$[./A-Za-z0-9]{53}$").all()


def test_every_role_exists_and_creators_post_most(platform: Platform) -> None:
    posts = platform.posts.join(platform.users, left_on="user_id", right_on="id")
    roles = platform.users["role"].value_counts(sort=True)

    assert set(roles["role"]) == {"USER", "CREATOR", "MODERATOR", "ADMIN"}
    assert roles["role"][0] == "USER"
    assert (posts["role"] == "CREATOR").mean() > 0.4  # type: ignore[operator]


def test_accounts_were_opened_ever_faster_over_two_years(platform: Platform) -> None:
    opened = platform.users["created_at"]

    assert (opened.max() - opened.min()).days > 700  # type: ignore[operator,union-attr]
    by_quarter = opened.to_physical().hist(bin_count=4)["count"].to_list()
    assert by_quarter == sorted(by_quarter)


def test_some_accounts_are_deleted_and_some_suspended(platform: Platform) -> None:
    users = platform.users
    deleted = users.filter(pl.col("deleted_at").is_not_null())

    assert 0 < len(deleted) < len(users) / 20
    assert not deleted["is_active"].any()
    assert (deleted["deleted_at"] > deleted["created_at"]).all()
    assert users.filter(pl.col("deleted_at").is_null(), ~pl.col("is_active")).height > 0
