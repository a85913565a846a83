import pytest
@pytest.mark.django_db
def test_conf():
    from supportai.demo.configuration import load_configuration
    print(load_configuration())
    assert load_configuration()=={"intents":0,"procedures":0,"teams":0}
